#pragma once
/// A chain of Zarr codecs made ready for chunks of one shape: pixels in C order <-> stored bytes.
/// A chain is immutable and used by any number of threads, each with a scratch of its own; with a
/// scratch that has seen one chunk, nothing is allocated (save by c-blosc within a call).

#include <memory>
#include <span>
#include <vector>

#include "parfocal/core/dtype.h"
#include "parfocal/core/error.h"
#include "parfocal/formats/zarr/compressors.h"

namespace parfocal {

class ShardCodec;

/// Buffers of one thread; they grow to what the chain needs and stay.
struct CodecScratch {
  ByteBuffer stage[2];  ///< between two codecs, in turn
  ByteBuffer pixels;    ///< transposed or swapped
  ByteBuffer chunk;     ///< an inner chunk
  std::vector<uint64_t> index;
  CompressorContexts contexts;
  std::unique_ptr<CodecScratch> inner;  ///< of the chunks of a shard
};

class CodecChain {
 public:
  /// `chunk`: 0 to 6 sides >= 1; `fill`: one pixel in memory order, which shards leave out.
  /// \throws Error(input_missing) if the codecs cannot stand in this order or do not fit the
  /// pixels: names the codec
  CodecChain(const std::vector<CodecSpec>& codecs, DType dtype, std::vector<int64_t> chunk,
             std::vector<std::byte> fill);

  DType dtype() const { return dtype_; }
  const std::vector<int64_t>& chunk() const { return chunk_; }
  int64_t pixel_bytes() const { return static_cast<int64_t>(dtype_size(dtype_)); }
  int64_t decoded_bytes() const { return bytes_; }
  /// Most bytes that encode() writes.
  int64_t encoded_bound() const { return bounds_.back(); }
  /// Most bytes that decode() accepts: other libraries waste a little more than ours.
  int64_t decode_limit() const { return limits_.back(); }
  /// Whether every chunk has encoded_bound() bytes, whatever its pixels.
  bool fixed_size() const { return fixed_; }
  /// Whether the stored bytes are the pixels as they lie in memory.
  bool plain() const;
  /// Not null if this is a shard and nothing else, so that its chunks can be read one by one.
  const ShardCodec* shard() const;
  /// Most bytes that a scratch grows to for decode(), and for encode(), contexts included.
  int64_t decode_scratch_bytes() const;
  int64_t encode_scratch_bytes() const;

  /// Decodes one chunk into exactly decoded_bytes(). Fails on bytes that are damaged or hold more
  /// or fewer pixels; never writes beyond `pixels`.
  Status decode(std::span<const std::byte> encoded, std::span<std::byte> pixels,
                CodecScratch& scratch) const;
  /// Encodes one chunk. \pre encoded.size() >= encoded_bound(); `written`: bytes used
  Status encode(std::span<const std::byte> pixels, std::span<std::byte> encoded,
                CodecScratch& scratch, size_t& written) const;

 private:
  Status undo_byte_codecs(std::span<const std::byte>& bytes, std::span<std::byte> pixels,
                          CodecScratch& scratch) const;
  Status to_pixels(std::span<const std::byte> bytes, std::span<std::byte> pixels,
                   CodecScratch& scratch) const;
  Status to_bytes(std::span<const std::byte>& pixels, std::span<std::byte> encoded,
                  CodecScratch& scratch) const;
  void transpose(const std::byte* from, std::byte* to, bool forward) const;
  void set_order(const std::vector<int>& order);
  void set_bounds();

  DType dtype_;
  std::vector<int64_t> chunk_, stored_;  // shape of the pixels, and as transposed
  std::vector<int> order_;               // empty: not transposed
  bool swap_ = false;
  std::vector<CodecSpec> byte_codecs_;
  std::shared_ptr<const ShardCodec> shard_;  // instead of codec bytes
  int64_t bytes_ = 0;
  bool fixed_ = true;
  std::vector<int64_t> bounds_, limits_;  // before byte codec i; the last: of the whole chain
};

}  // namespace parfocal
