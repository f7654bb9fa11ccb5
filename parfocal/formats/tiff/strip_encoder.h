#pragma once
/// Deflates the strips of a page, several at a time. The bytes do not depend on the threads.

#include <cstdint>
#include <span>
#include <vector>

#include "parfocal/core/view.h"
#include "parfocal/formats/common/byte_buffer.h"
#include "parfocal/formats/zarr/compressors.h"

namespace parfocal {

class StripEncoder {
 public:
  /// Pages of `rows` rows of `row_bytes`, `rows_per_strip` rows a strip; `threads` >= 1 at work.
  StripEncoder(int64_t rows, int64_t row_bytes, int64_t rows_per_strip, int threads);
  /// Encodes a whole page with contiguous rows; strip(k) is valid until the next call.
  Status encode(const View& page);
  std::span<const std::byte> strip(int64_t k) const;
  /// Of one strip, deflated.
  int64_t most_strip_bytes() const { return slot_bytes_; }
  /// Bytes it holds once it has encoded a page.
  int64_t resident_bytes() const;

 private:
  Status encode_strip(const View& page, int64_t k, CompressorContexts& contexts);
  int64_t rows_, row_bytes_, rows_per_strip_, strips_, slot_bytes_;
  int threads_;
  CodecSpec codec_;
  ByteBuffer buffer_;
  std::span<std::byte> slots_;  // one after the other in the buffer
  std::vector<size_t> used_;    // of the slots
  std::vector<CompressorContexts> contexts_;
};

}  // namespace parfocal
