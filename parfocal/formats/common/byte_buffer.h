#pragma once
/// Memory for bytes that are written before they are read: grows, is never cleared, stays.

#include <cstddef>
#include <memory>
#include <span>

namespace parfocal {

class ByteBuffer {
 public:
  /// The first `bytes` of it; what it held before is lost when it grows.
  std::span<std::byte> take(size_t bytes) {
    if (bytes > capacity_) {
      data_.reset();  // first, so that old and new never coexist
      capacity_ = 0;
      data_.reset(new std::byte[bytes]);
      capacity_ = bytes;
    }
    return {data_.get(), bytes};
  }
  std::span<const std::byte> first(size_t bytes) const { return {data_.get(), bytes}; }
  size_t capacity() const { return capacity_; }

 private:
  std::unique_ptr<std::byte[]> data_;
  size_t capacity_ = 0;
};

}  // namespace parfocal
