#pragma once
/// Memory for bytes that are written before they are read: grows, is never cleared, stays.

#include <cstddef>
#include <memory>
#include <span>

#include "parfocal/core/block.h"

namespace parfocal {

/// Large ones are pages of their own: whichever thread lets go of them, they are gone, where a heap
/// would keep them for the thread that asked for them.
class ByteBuffer {
 public:
  static constexpr size_t kOwnPages = size_t{64} << 10;

  /// The first `bytes` of it; what it held before is lost when it grows.
  std::span<std::byte> take(size_t bytes) {
    if (bytes > capacity_) grow(bytes);
    return {data(), bytes};
  }
  std::span<const std::byte> first(size_t bytes) const { return {data(), bytes}; }
  size_t capacity() const { return capacity_; }

 private:
  std::byte* data() const { return pages_.data() ? pages_.data() : small_.get(); }
  void grow(size_t bytes) {
    small_.reset();  // first, so that old and new never coexist
    pages_ = Block();
    capacity_ = 0;
    if (bytes >= kOwnPages)
      pages_ = Block(bytes);
    else
      small_.reset(new std::byte[bytes]);
    capacity_ = bytes;
  }
  std::unique_ptr<std::byte[]> small_;
  Block pages_;
  size_t capacity_ = 0;
};

}  // namespace parfocal
