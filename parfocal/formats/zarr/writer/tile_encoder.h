#pragma once
/// Chunks to their stored bytes. A chunk of zeros is not stored; one that a sample says will not
/// shrink is stored in the codec's form for bytes as they are, which costs almost no time.

#include <optional>
#include <span>

#include "parfocal/formats/zarr/codec_chain.h"
#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {

class TileEncoder {
 public:
  explicit TileEncoder(const ArraySpec& spec);
  /// The stored bytes are the pixels.
  bool plain() const { return chain_.plain(); }
  int64_t chunk_bytes() const { return chain_.decoded_bytes(); }
  /// Most bytes of a stored chunk.
  int64_t encoded_bound() const;
  /// Most bytes a scratch grows to, for encode() or decode().
  int64_t scratch_bytes() const;

  /// Encodes a whole chunk; `written` = 0: all zeros, not to be stored. \pre room for
  /// encoded_bound(). Thread-safe, with a scratch of its own for each thread.
  Status encode(std::span<const std::byte> pixels, std::span<std::byte> to, CodecScratch& scratch,
                size_t& written) const;
  Status decode(std::span<const std::byte> stored, std::span<std::byte> pixels,
                CodecScratch& scratch) const {
    return chain_.decode(stored, pixels, scratch);
  }

 private:
  bool pays(std::span<const std::byte> pixels, std::span<std::byte> to,
            CodecScratch& scratch) const;
  CodecChain chain_;
  bool reads_back_;                      // chunks of several frames: to take one of them out
  std::optional<CodecChain> fast_;       // the same format, hardly compressed
  std::optional<CodecSpec> compressor_;  // that a sample is tried with
};

/// Whether all bytes are 0; stops at the first that is not.
bool all_zero(std::span<const std::byte> bytes);

}  // namespace parfocal
