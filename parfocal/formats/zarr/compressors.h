#pragma once
/// The bytes -> bytes codecs of Zarr: blosc, zstd, gzip, zlib, crc32c. Encoded bytes come from
/// outside: no decoder writes beyond the room it is given, whatever the bytes declare.

#include <memory>
#include <span>

#include "parfocal/core/error.h"
#include "parfocal/formats/common/byte_buffer.h"
#include "parfocal/formats/zarr/codec_spec.h"

namespace parfocal {

/// Contexts of zstd and zlib, made when first needed and used again. One thread at a time.
class CompressorContexts {
 public:
  CompressorContexts();
  ~CompressorContexts();
  CompressorContexts(CompressorContexts&&) noexcept;
  CompressorContexts& operator=(CompressorContexts&&) noexcept;
  struct Contexts;
  Contexts& get() { return *contexts_; }

 private:
  std::unique_ptr<Contexts> contexts_;
};

/// Most bytes of input that a codec takes (c-blosc: 2 GiB less 16 bytes).
int64_t most_decoded_bytes(const CodecSpec& codec);
/// Most bytes that encode_bytes() makes of `bytes`.
int64_t most_encoded_bytes(const CodecSpec& codec, int64_t bytes);
/// Most memory the contexts and the library take for input of `bytes`.
int64_t context_bytes_to_encode(const CodecSpec& codec, int64_t bytes);
int64_t context_bytes_to_decode(const CodecSpec& codec, int64_t bytes);

/// Encodes `from` into `to` (\pre at least most_encoded_bytes); `written` becomes the bytes used.
Status encode_bytes(const CodecSpec& codec, std::span<const std::byte> from,
                    std::span<std::byte> to, CompressorContexts& contexts, size_t& written);
/// Decodes a compressor's `from` into `to`; `written` becomes the bytes used. Fails, naming the
/// codec, on damaged bytes and on bytes that hold more than `to`. \pre codec is not crc32c
Status decode_bytes(const CodecSpec& codec, std::span<const std::byte> from,
                    std::span<std::byte> to, CompressorContexts& contexts, size_t& written);
/// Checks and removes the 4 bytes of a crc32c codec: `bytes` becomes what lies before them.
Status strip_crc32c(std::span<const std::byte>& bytes);

}  // namespace parfocal
