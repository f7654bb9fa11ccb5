#pragma once
/// Which items of an array are missing, as ranges; a bounded list.

#include <algorithm>
#include <cstdint>
#include <limits>
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

  /// Neighbours of one reason become one range, in whatever order they are told. Saying the same
  /// item again changes nothing (a sweep by regions meets a missing item once per region).
  void add(int64_t first, int64_t last, GapReason reason, const std::string& text) {
    auto at = std::upper_bound(ranges_.begin(), ranges_.end(), first,
                               [](int64_t s, const GapRange& r) { return s < r.first; });
    if (at != ranges_.begin() && last <= std::prev(at)->last) return;
    if (at != ranges_.begin() && joins(*std::prev(at), first, reason))
      (--at)->last = last;
    else
      at = ranges_.insert(at, {first, last, reason, text});
    join_following(at);
    if (ranges_.size() <= kMostRanges) return;
    unlisted_ += ranges_.back().last - ranges_.back().first + 1;
    first_unlisted_ = std::min(first_unlisted_, ranges_.back().first);
    ranges_.pop_back();
  }
  /// Forgets everything at or after `first`; of what is not listed, what cannot lie before it.
  void cut(int64_t first) {
    unlisted_ = std::clamp<int64_t>(first - first_unlisted_, 0, unlisted_);
    std::erase_if(ranges_, [&](const GapRange& r) { return r.first >= first; });
    if (!ranges_.empty()) ranges_.back().last = std::min(ranges_.back().last, first - 1);
  }
  const std::vector<GapRange>& ranges() const { return ranges_; }
  int64_t unlisted() const { return unlisted_; }  ///< items missing beyond the listed ranges

 private:
  static bool joins(const GapRange& range, int64_t next, GapReason reason) {
    return next <= range.last + 1 && range.reason == reason;
  }
  void join_following(std::vector<GapRange>::iterator range) {
    const auto next = std::next(range);
    auto end = next;
    for (; end != ranges_.end() && joins(*range, end->first, end->reason); ++end)
      range->last = std::max(range->last, end->last);
    ranges_.erase(next, end);
  }

  std::vector<GapRange> ranges_;
  int64_t unlisted_ = 0, first_unlisted_ = std::numeric_limits<int64_t>::max();
};

}  // namespace parfocal
