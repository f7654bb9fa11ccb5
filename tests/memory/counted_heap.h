#pragma once
/// Counts what this process takes from the heap, whoever asks for it: our code or a library's.

#include <cstdint>

namespace parfocal::testing {

/// False under sanitizers, which have a heap of their own.
bool heap_is_counted();

/// The most bytes that were taken, from the heap and in blocks of pages, since it was made; all
/// threads together. One at a time.
class HeapPeak {
 public:
  HeapPeak();
  int64_t bytes() const;

 private:
  int64_t heap_before_, blocks_before_;
};

/// While it lives, the heap gives nothing larger than `most` bytes, as under a limit of the system.
/// One at a time.
class SmallHeap {
 public:
  explicit SmallHeap(int64_t most);
  ~SmallHeap();
  SmallHeap(const SmallHeap&) = delete;
  SmallHeap& operator=(const SmallHeap&) = delete;
};

}  // namespace parfocal::testing
