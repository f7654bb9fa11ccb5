#pragma once
/// A robust contrast window from a fixed-size sample of all pixels, so that the first view of an
/// image is never black.

#include <cstdint>
#include <utility>
#include <vector>

#include "parfocal/core/view.h"

namespace parfocal {

struct ContrastWindow {
  double start = 0, end = 1;  ///< 0.1 and 99.9 percentile (linear between samples); start < end
  double min = 0, max = 1;    ///< of the dtype up to 16 bits, else of the sample
};

/// Every item names the same number of candidate pixels, drawn from its sequence number; of all
/// candidates those with the smallest random priority are kept. So the sample does not depend on
/// the order, or on the regions, in which pixels arrive.
class ContrastSample {
 public:
  static constexpr int64_t kCandidates = 1024;  // per item
  static constexpr size_t kKept = 4096;
  static constexpr int64_t kResidentBytes = static_cast<int64_t>(kKept) * 16;

  /// Offers the pixels of item `sequence` that lie in view.region. `whole` is the item's region;
  /// with `axis` >= 0 only pixels at `index` on that item axis count.
  void add(int64_t sequence, const View& view, const Region& whole, int axis = -1,
           int64_t index = 0);
  ContrastWindow window(DType dtype) const;

 private:
  std::vector<std::pair<uint64_t, double>> kept_;  // max-heap by priority
};

}  // namespace parfocal
