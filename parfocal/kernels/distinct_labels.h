#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// Bytes of scratch of DistinctLabels, aligned to 8.
constexpr size_t distinct_labels_scratch_bytes(int64_t most) noexcept {
  return (static_cast<size_t>(most) / 64 + 1) * sizeof(uint64_t);
}

/// Counts how many labels from 1 to `most` occur in the planes that are added. Larger ones are not
/// counted, but seen in largest(). One thread at a time.
class DistinctLabels {
 public:
  DistinctLabels(void* scratch, int64_t most) noexcept;
  /// T: uint16_t, uint32_t
  template <class T>
  void add(Plane<const T> labels) noexcept;
  int64_t count() const noexcept { return count_; }
  int64_t largest() const noexcept { return largest_; }

 private:
  uint64_t* seen_;
  int64_t most_, count_ = 0, largest_ = 0;
};

}  // namespace parfocal::kernels
