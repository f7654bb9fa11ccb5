#include "parfocal/formats/zarr/compressors.h"

#include <blosc.h>
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "parfocal/formats/common/zstd_memory.h"
#include "parfocal/formats/zarr/crc32c.h"

namespace parfocal {

struct CompressorContexts::Contexts {
  ZSTD_CCtx* zstd_encoder = nullptr;
  ZSTD_DCtx* zstd_decoder = nullptr;
  z_stream deflater{}, inflater{};
  int deflate_level = -2, deflate_window = 0;  // of the stream that is open; -2 = none
  bool inflating = false;

  ~Contexts() {
    ZSTD_freeCCtx(zstd_encoder);
    ZSTD_freeDCtx(zstd_decoder);
    if (deflate_level != -2) deflateEnd(&deflater);
    if (inflating) inflateEnd(&inflater);
  }
};

CompressorContexts::CompressorContexts() : contexts_(std::make_unique<Contexts>()) {}
CompressorContexts::~CompressorContexts() = default;
CompressorContexts::CompressorContexts(CompressorContexts&&) noexcept = default;
CompressorContexts& CompressorContexts::operator=(CompressorContexts&&) noexcept = default;

namespace {

using Contexts = CompressorContexts::Contexts;
using Bytes = std::span<const std::byte>;

constexpr int kGzipWindow = 15 + 16;  // zlib: a window of 2^15 and gzip's header
constexpr int kZlibWindow = 15;
constexpr int kEitherWindow = 15 + 32;  // inflate only: zlib's or gzip's header
// zlib's manual: 2^(window + 2) + 2^(memory level + 9) and 2^window, and "a few kilobytes".
constexpr int64_t kDeflateBytes = (int64_t{256} + 32) << 10, kInflateBytes = int64_t{64} << 10;
constexpr int64_t kRoundingBytes = int64_t{8} << 10;  // up to pages

Status no_memory(const char* codec) {
  return Status::fail(fmt::format("codec {}: no memory for its context", codec));
}
Status damaged(const char* codec, const std::string& how) {
  return Status::fail(fmt::format("codec {}: {}", codec, how));
}

// c-blosc splits a block into streams, one for each byte of a pixel, and takes blocks that are
// larger by as much (blosc.c, compute_blocksize and split_block; files of others as well).
bool splits(const CodecSpec& codec, int64_t block) {
  constexpr int64_t kMostSplits = 16, kLeastStream = 128;
  return codec.level > 0 && codec.cname != "zstd" && codec.typesize <= kMostSplits &&
         block / codec.typesize >= kLeastStream;
}

// Of what the library chooses by itself it says only that it is no larger than 1 MiB.
constexpr int64_t kMostOwnBlock = int64_t{1} << 20;
int64_t most_block_bytes(const CodecSpec& codec, int64_t bytes) {
  constexpr int64_t kMostStream = int64_t{256} << 10, kLeastSplitBlock = int64_t{64} << 10;
  int64_t block = codec.blocksize > 0 ? codec.blocksize : kMostOwnBlock;
  if (codec.blocksize > 0 && splits(codec, block))
    block =
        std::clamp(std::min(block, kMostStream) * codec.typesize, kLeastSplitBlock, kMostOwnBlock);
  return std::min(bytes, block);
}

// Metadata of others may lack the size of a pixel.
int64_t most_block_bytes_to_decode(const CodecSpec& codec, int64_t bytes) {
  return std::min(bytes, std::max(codec.blocksize, kMostOwnBlock));
}

// Two blocks and room for the sizes of streams, from its beginning to its end (blosc.c,
// serial_blosc).
int64_t blosc_buffer_bytes(int64_t block) {
  constexpr int64_t kMostTypesize = 255;
  return 2 * block + 4 * kMostTypesize + kRoundingBytes;
}

// What the compressor inside takes for one stream of a block.
int64_t blosc_tables_bytes(const CodecSpec& codec, int64_t block) {
  if (codec.cname == "zlib") return kDeflateBytes;
  if (codec.cname == "lz4hc") return (int64_t{256} + 16) << 10;  // LZ4_sizeofStateHC
  if (codec.cname == "zstd")
    return zstd_encoder_bytes(codec.level < 9 ? 2 * codec.level - 1 : ZSTD_maxCLevel(), block);
  return int64_t{32} << 10;  // on the stack
}

// c-blosc writes to its buffer whether it got one or not: the same is asked for once before.
bool has_memory(int64_t bytes) {
  void* trial = nullptr;
  const bool got = posix_memalign(&trial, sizeof(void*), static_cast<size_t>(bytes)) == 0;
  std::free(trial);
  return got;
}

Status encode_blosc(const CodecSpec& codec, Bytes from, std::span<std::byte> to, size_t& written) {
  const auto bytes = static_cast<int64_t>(from.size());
  if (!has_memory(blosc_buffer_bytes(most_block_bytes(codec, bytes)))) return no_memory("blosc");
  const int n =
      blosc_compress_ctx(codec.level, static_cast<int>(codec.shuffle),
                         static_cast<size_t>(codec.typesize), from.size(), from.data(), to.data(),
                         to.size(), codec.cname.c_str(), static_cast<size_t>(codec.blocksize), 1);
  if (n <= 0) return damaged("blosc", fmt::format("cannot compress with {} ({})", codec.cname, n));
  written = static_cast<size_t>(n);
  return {};
}

Status decode_blosc(const CodecSpec& codec, Bytes from, std::span<std::byte> to, size_t& written) {
  size_t declared = 0, packed = 0, block = 0;
  if (blosc_cbuffer_validate(from.data(), from.size(), &declared) != 0)
    return damaged("blosc", "not a blosc buffer, or cut short");
  blosc_cbuffer_sizes(from.data(), &declared, &packed, &block);
  const int64_t most = most_block_bytes_to_decode(codec, static_cast<int64_t>(to.size()));
  if (block > static_cast<size_t>(most))  // also a negative one, which c-blosc lets pass
    return damaged("blosc", fmt::format("has blocks of {} bytes where the metadata lets expect {}",
                                        block, most));
  if (declared > to.size())
    return damaged("blosc",
                   fmt::format("declares {} bytes where at most {} belong", declared, to.size()));
  if (!has_memory(blosc_buffer_bytes(static_cast<int64_t>(block)))) return no_memory("blosc");
  if (declared > 0) {
    const int n = blosc_decompress_ctx(from.data(), to.data(), to.size(), 1);
    if (n < 0 || static_cast<size_t>(n) != declared)
      return damaged("blosc", fmt::format("cannot decompress ({})", n));
  }
  written = declared;
  return {};
}

Status encode_zstd(const CodecSpec& codec, Bytes from, std::span<std::byte> to, Contexts& contexts,
                   size_t& written) {
  if (!contexts.zstd_encoder) contexts.zstd_encoder = ZSTD_createCCtx();
  ZSTD_CCtx* const encoder = contexts.zstd_encoder;
  if (!encoder) return no_memory("zstd");
  ZSTD_CCtx_setParameter(encoder, ZSTD_c_compressionLevel, codec.level);
  ZSTD_CCtx_setParameter(encoder, ZSTD_c_checksumFlag, codec.checksum ? 1 : 0);
  const size_t n = ZSTD_compress2(encoder, to.data(), to.size(), from.data(), from.size());
  if (ZSTD_isError(n)) return damaged("zstd", ZSTD_getErrorName(n));
  written = n;
  return {};
}

Status decode_zstd(Bytes from, std::span<std::byte> to, Contexts& contexts, size_t& written) {
  if (!contexts.zstd_decoder) contexts.zstd_decoder = ZSTD_createDCtx();
  if (!contexts.zstd_decoder) return no_memory("zstd");
  const size_t n =
      ZSTD_decompressDCtx(contexts.zstd_decoder, to.data(), to.size(), from.data(), from.size());
  if (ZSTD_isError(n)) return damaged("zstd", ZSTD_getErrorName(n));
  written = n;
  return {};
}

// zlib counts in 32 bits: the next piece of what is left on either side.
uInt piece(size_t left) { return static_cast<uInt>(std::min<size_t>(left, size_t{1} << 30)); }

// Feeds all of `from` to `step(flush)`, which is deflate or inflate on `stream`.
template <class Step>
int run_zlib(z_stream& stream, Bytes from, std::span<std::byte> to, size_t& read, size_t& written,
             Step&& step) {
  int code = Z_OK;
  while (code == Z_OK) {
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(from.data() + read));
    stream.next_out = reinterpret_cast<Bytef*>(to.data() + written);
    const uInt in = stream.avail_in = piece(from.size() - read);
    const uInt out = stream.avail_out = piece(to.size() - written);
    code = step(read + in == from.size());
    read += in - stream.avail_in;
    written += out - stream.avail_out;
    if (in == stream.avail_in && out == stream.avail_out && code == Z_OK) code = Z_BUF_ERROR;
  }
  return code;
}

Status encode_zlib(const CodecSpec& codec, Bytes from, std::span<std::byte> to, Contexts& contexts,
                   size_t& written) {
  const int window = codec.kind == CodecKind::gzip ? kGzipWindow : kZlibWindow;
  z_stream& stream = contexts.deflater;
  if (contexts.deflate_level != codec.level || contexts.deflate_window != window) {
    if (contexts.deflate_level != -2) deflateEnd(&stream);
    contexts.deflate_level = -2;
    stream = {};
    if (deflateInit2(&stream, codec.level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      return no_memory("gzip");
    contexts.deflate_level = codec.level;
    contexts.deflate_window = window;
  }
  deflateReset(&stream);
  size_t read = 0;
  written = 0;
  const int code = run_zlib(stream, from, to, read, written, [&](bool last) {
    return deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
  });
  return code == Z_STREAM_END ? Status()
                              : damaged("gzip", fmt::format("cannot compress ({})", code));
}

// A gzip file may be several members one after the other.
Status decode_zlib(Bytes from, std::span<std::byte> to, Contexts& contexts, size_t& written) {
  z_stream& stream = contexts.inflater;
  if (!contexts.inflating && inflateInit2(&stream, kEitherWindow) != Z_OK) return no_memory("gzip");
  contexts.inflating = true;
  size_t read = 0;
  written = 0;
  do {
    inflateReset(&stream);
    const int code = run_zlib(stream, from, to, read, written,
                              [&](bool) { return inflate(&stream, Z_NO_FLUSH); });
    if (code == Z_BUF_ERROR && written == to.size() && read < from.size())
      return damaged("gzip", fmt::format("holds more than the {} bytes that belong", to.size()));
    if (code != Z_STREAM_END)
      return damaged("gzip", stream.msg ? stream.msg : "the stream is cut short");
  } while (read < from.size());
  return {};
}

}  // namespace

int64_t most_decoded_bytes(const CodecSpec& codec) {
  return codec.kind == CodecKind::blosc ? int64_t{BLOSC_MAX_BUFFERSIZE} : int64_t{1} << 40;
}

int64_t most_encoded_bytes(const CodecSpec& codec, int64_t bytes) {
  switch (codec.kind) {
    case CodecKind::blosc:
      return bytes + BLOSC_MAX_OVERHEAD;
    case CodecKind::zstd:
      return static_cast<int64_t>(ZSTD_compressBound(static_cast<size_t>(bytes)));
    case CodecKind::gzip:
    case CodecKind::zlib:
      // zlib's own bound for default memory, and both headers
      return bytes + (bytes >> 12) + (bytes >> 14) + (bytes >> 25) + 13 + 32;
    case CodecKind::crc32c:
      return bytes + 4;
    default:
      return bytes;
  }
}

int64_t context_bytes_to_encode(const CodecSpec& codec, int64_t bytes) {
  switch (codec.kind) {
    case CodecKind::blosc: {
      const int64_t block = most_block_bytes(codec, bytes);
      return blosc_buffer_bytes(block) + blosc_tables_bytes(codec, block);
    }
    case CodecKind::zstd:
      return zstd_encoder_bytes(codec.level, bytes);
    case CodecKind::gzip:
    case CodecKind::zlib:
      return kDeflateBytes;
    default:
      return 0;
  }
}

int64_t context_bytes_to_decode(const CodecSpec& codec, int64_t bytes) {
  switch (codec.kind) {
    case CodecKind::blosc:
      return blosc_buffer_bytes(most_block_bytes_to_decode(codec, bytes)) + kZstdDecoderBytes;
    case CodecKind::zstd:
      return kZstdDecoderBytes;
    case CodecKind::gzip:
    case CodecKind::zlib:
      return kInflateBytes;
    default:
      return 0;
  }
}

Status encode_bytes(const CodecSpec& codec, Bytes from, std::span<std::byte> to,
                    CompressorContexts& contexts, size_t& written) {
  switch (codec.kind) {
    case CodecKind::blosc:
      return encode_blosc(codec, from, to, written);
    case CodecKind::zstd:
      return encode_zstd(codec, from, to, contexts.get(), written);
    case CodecKind::gzip:
    case CodecKind::zlib:
      return encode_zlib(codec, from, to, contexts.get(), written);
    default:
      break;
  }
  const uint32_t sum = crc32c(from);
  if (to.data() != from.data()) std::memcpy(to.data(), from.data(), from.size());
  for (size_t i = 0; i < 4; ++i) to[from.size() + i] = static_cast<std::byte>(sum >> (8 * i));
  written = from.size() + 4;
  return {};
}

Status decode_bytes(const CodecSpec& codec, Bytes from, std::span<std::byte> to,
                    CompressorContexts& contexts, size_t& written) {
  switch (codec.kind) {
    case CodecKind::blosc:
      return decode_blosc(codec, from, to, written);
    case CodecKind::zstd:
      return decode_zstd(from, to, contexts.get(), written);
    default:
      return decode_zlib(from, to, contexts.get(), written);
  }
}

Status strip_crc32c(Bytes& bytes) {
  if (bytes.size() < 4)
    return damaged("crc32c", fmt::format("{} bytes hold no checksum", bytes.size()));
  const Bytes payload = bytes.first(bytes.size() - 4);
  uint32_t stored = 0;
  for (size_t i = 0; i < 4; ++i)
    stored |= static_cast<uint32_t>(bytes[payload.size() + i]) << (8 * i);
  const uint32_t sum = crc32c(payload);
  if (sum != stored)
    return damaged("crc32c", fmt::format("the checksum is {:08x}, stored is {:08x}", sum, stored));
  bytes = payload;
  return {};
}

}  // namespace parfocal
