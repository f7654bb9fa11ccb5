#pragma once
/// A set of frames (those that are there, or those that are missing), as runs: as small as the runs
/// are few.

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>

namespace parfocal {

class FrameSet {
 public:
  void add(int64_t first, int64_t count = 1) {
    int64_t end = first + count;
    auto it = runs_.upper_bound(first);
    if (it != runs_.begin() && std::prev(it)->second >= first) {
      --it;
      first = it->first;
    }
    while (it != runs_.end() && it->first <= end) {
      end = std::max(end, it->second);
      it = runs_.erase(it);
    }
    runs_.emplace_hint(it, first, end);
  }
  /// Takes frame `end` and all after it away.
  void cut(int64_t end) {
    runs_.erase(runs_.lower_bound(end), runs_.end());
    if (!runs_.empty())
      std::prev(runs_.end())->second = std::min(std::prev(runs_.end())->second, end);
  }
  bool empty() const { return runs_.empty(); }
  bool has(int64_t frame) const {
    const auto it = runs_.upper_bound(frame);
    return it != runs_.begin() && std::prev(it)->second > frame;
  }
  /// Frames [0, n) are all in it.
  int64_t prefix() const {
    return !runs_.empty() && runs_.begin()->first == 0 ? runs_.begin()->second : 0;
  }
  /// The first frame. \pre not empty
  int64_t begin() const { return runs_.begin()->first; }
  /// One past the last frame; 0 if there is none.
  int64_t end() const { return runs_.empty() ? 0 : runs_.rbegin()->second; }
  int64_t count() const {
    int64_t n = 0;
    for (const auto& [first, last] : runs_) n += last - first;
    return n;
  }
  /// Calls f(first, end) for each run of frames in [0, frames) that are not in the set.
  template <class F>
  void for_each_missing(int64_t frames, F&& f) const {
    int64_t next = 0;
    for (const auto& [first, last] : runs_) {
      if (first >= frames) break;
      if (first > next) f(next, first);
      next = last;
    }
    if (next < frames) f(next, frames);
  }
  /// Calls f(first, end) for each run.
  template <class F>
  void for_each_run(F&& f) const {
    for (const auto& [first, last] : runs_) f(first, last);
  }

 private:
  std::map<int64_t, int64_t> runs_;  // first -> one past the last; neither touch nor overlap
};

}  // namespace parfocal
