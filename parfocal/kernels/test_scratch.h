#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

#include "parfocal/kernels/scratch.h"

namespace parfocal::kernels {

/// Test helper: an aligned heap block of just the stated size, so that a sanitizer sees a kernel
/// that takes more than it said.
class TestScratch {
 public:
  explicit TestScratch(size_t bytes) {
    void* block = nullptr;
    if (posix_memalign(&block, kScratchAlignment, bytes == 0 ? 1 : bytes) == 0) block_.reset(block);
  }
  void* data() const { return block_.get(); }

 private:
  struct Free {
    void operator()(void* block) const { std::free(block); }
  };
  std::unique_ptr<void, Free> block_;
};

}  // namespace parfocal::kernels
