#pragma once
/// Which items of an array are missing, as ranges; a bounded list.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "parfocal/core/item.h"

namespace parfocal {

struct GapRange {
  int64_t first = 0, last = 0;
  GapReason reason = GapReason::none;
  std::string text;  ///< of the range's first item
};

class GapRanges {
 public:
  static constexpr size_t kMostRanges = 1000;

  /// Neighbours of one reason become one range. Saying the same item again changes nothing (a sweep
  /// by regions meets a missing item once per region).
  void add(int64_t first, int64_t last, GapReason reason, const std::string& text) {
    auto it = std::upper_bound(ranges_.begin(), ranges_.end(), first,
                               [](int64_t s, const GapRange& r) { return s < r.first; });
    if (it != ranges_.begin()) {
      GapRange& before = *std::prev(it);
      if (last <= before.last) return;
      if (before.last + 1 >= first && before.reason == reason) {
        before.last = last;
        return;
      }
    }
    if (ranges_.size() < kMostRanges)
      ranges_.insert(it, {first, last, reason, text});
    else
      unlisted_ += last - first + 1;
  }
  /// Forgets everything at or after `first`.
  void cut(int64_t first) {
    std::erase_if(ranges_, [&](const GapRange& r) { return r.first >= first; });
    if (!ranges_.empty()) ranges_.back().last = std::min(ranges_.back().last, first - 1);
  }
  const std::vector<GapRange>& ranges() const { return ranges_; }
  int64_t unlisted() const { return unlisted_; }  ///< items missing beyond the listed ranges

 private:
  std::vector<GapRange> ranges_;
  int64_t unlisted_ = 0;
};

}  // namespace parfocal
