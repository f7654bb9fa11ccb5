#pragma once
/// Where the next pages of files were seen lately, so that reading in order follows no chains.

#include <array>
#include <cstdint>
#include <mutex>

namespace parfocal {

/// A place from which to follow a file's chain of directories.
struct PageHint {
  int64_t file = -1, page = 0;
  uint64_t directory = 0;
};

/// Thread-safe; keeps a fixed number of places, so that several readers have theirs.
class PageHints {
 public:
  void add(const PageHint& hint) {
    const std::lock_guard lock(mutex_);
    hints_[next_++ % hints_.size()] = hint;
  }
  /// The nearest place at or before a page; page -1 if none is known.
  PageHint before(int64_t file, int64_t page) const {
    const std::lock_guard lock(mutex_);
    PageHint best{file, -1, 0};
    for (const PageHint& hint : hints_)
      if (hint.file == file && hint.page <= page && hint.page > best.page) best = hint;
    return best;
  }

 private:
  mutable std::mutex mutex_;
  std::array<PageHint, 32> hints_;
  size_t next_ = 0;
};

}  // namespace parfocal
