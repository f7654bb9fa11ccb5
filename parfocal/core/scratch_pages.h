#pragma once
/// What a large Value that lies in a scratch file tells those who write and read it.

#include <cstdint>

namespace parfocal {

/// Memory over a file: any byte can be read and written as ever, and what is written stays. Pages
/// that were touched stay in memory until they are released; the engine releases all of them after
/// every call. A call that goes over more than its window (Operator::output_window) releases what
/// it has passed. Thread-safe; to touch released bytes again is no mistake.
class ScratchPages {
 public:
  virtual ~ScratchPages() = default;
  virtual void release(const void* first, int64_t bytes) const = 0;
};

}  // namespace parfocal
