#pragma once

#include <cstddef>

namespace parfocal::kernels {

/// Every scratch block handed to a kernel starts at this alignment.
inline constexpr size_t kScratchAlignment = 64;

/// Cuts one block of scratch into aligned arrays. Built on nullptr it only counts, so the function
/// that states the size and the function that uses the block share one description.
class ScratchCursor {
 public:
  explicit ScratchCursor(void* base) noexcept : base_(static_cast<std::byte*>(base)) {}

  template <typename T>
  T* take(size_t count) noexcept {
    T* piece = base_ == nullptr ? nullptr : reinterpret_cast<T*>(base_ + used_);
    used_ += (count * sizeof(T) + kScratchAlignment - 1) / kScratchAlignment * kScratchAlignment;
    return piece;
  }

  size_t used_bytes() const noexcept { return used_; }

 private:
  std::byte* base_;
  size_t used_ = 0;
};

}  // namespace parfocal::kernels
