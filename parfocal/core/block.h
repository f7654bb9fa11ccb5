#pragma once
/// Large memory straight from the system: pages that are never touched are never resident, and all
/// of it goes back when the holder ends, whichever thread that is.

#include <cstddef>
#include <utility>

namespace parfocal {

class Block {
 public:
  Block() = default;
  /// `bytes` zero bytes, page-aligned, or at a multiple of `alignment` (a power of two).
  /// \throws std::bad_alloc
  explicit Block(size_t bytes, size_t alignment = 0);
  ~Block();
  Block(Block&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Block& operator=(Block&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  std::byte* data() const { return data_; }
  size_t bytes() const { return bytes_; }

 private:
  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
};

/// Bytes in blocks now, and the most there were since the last reset: what a plan's reservations
/// bound.
size_t block_bytes();
size_t block_bytes_peak();
void reset_block_bytes_peak();

}  // namespace parfocal
