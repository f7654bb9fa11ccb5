#include "parfocal/formats/zarr/writer/tile_encoder.h"

#include <algorithm>
#include <cstring>

namespace parfocal {
namespace {

constexpr size_t kSampleBytes = size_t{16} << 10;
constexpr size_t kLeastSampled = size_t{64}
                                 << 10;  // smaller chunks: the sample would cost too much
constexpr double kLeastRatio = 1.05;

std::vector<CodecSpec> chain_of(const ArraySpec& spec) {
  std::vector<CodecSpec> codecs{bytes_codec()};
  codecs.insert(codecs.end(), spec.compressors.begin(), spec.compressors.end());
  return codecs;
}

CodecChain make_chain(const std::vector<CodecSpec>& codecs, const ArraySpec& spec) {
  return CodecChain(codecs, spec.dtype, spec.chunk, std::vector<std::byte>(dtype_size(spec.dtype)));
}

bool compresses(const CodecSpec& codec) {
  return codec.kind == CodecKind::blosc || codec.kind == CodecKind::zstd ||
         codec.kind == CodecKind::gzip || codec.kind == CodecKind::zlib;
}

// The setting that stores instead of searching. zstd has no such level: its fastest one comes
// close.
CodecSpec storing(CodecSpec codec) {
  codec.level = codec.kind == CodecKind::zstd ? -1000 : 0;
  if (codec.kind == CodecKind::blosc) codec.shuffle = Shuffle::none;
  return codec;
}

}  // namespace

bool all_zero(std::span<const std::byte> bytes) {
  if (bytes.empty()) return true;
  // Compared with itself, shifted by one: memcmp stops at the first difference.
  return bytes[0] == std::byte{0} &&
         std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

TileEncoder::TileEncoder(const ArraySpec& spec)
    : chain_(make_chain(chain_of(spec), spec)),
      reads_back_(std::any_of(spec.chunk.begin(), spec.chunk.end() - 2,
                              [](int64_t frames) { return frames > 1; })) {
  std::vector<CodecSpec> fast = chain_of(spec);
  const auto at = std::find_if(fast.begin(), fast.end(), compresses);
  if (at == fast.end() || static_cast<size_t>(chain_.decoded_bytes()) < kLeastSampled) return;
  compressor_ = *at;
  *at = storing(*at);
  fast_.emplace(make_chain(fast, spec));
}

int64_t TileEncoder::encoded_bound() const {
  return std::max(chain_.encoded_bound(), fast_ ? fast_->encoded_bound() : 0);
}

int64_t TileEncoder::scratch_bytes() const {
  const int64_t bytes =
      std::max(chain_.encode_scratch_bytes(), reads_back_ ? chain_.decode_scratch_bytes() : 0);
  return std::max(bytes, fast_ ? fast_->encode_scratch_bytes() : 0);
}

bool TileEncoder::pays(std::span<const std::byte> pixels, std::span<std::byte> to,
                       CodecScratch& scratch) const {
  // Whole pixels from the middle: the corners of an image are often darker than its content.
  const size_t start = pixels.size() / 2 / 64 * 64;
  const auto sample = pixels.subspan(start, std::min(kSampleBytes, pixels.size() - start));
  size_t written = 0;
  if (!encode_bytes(*compressor_, sample, to, scratch.contexts, written).ok()) return true;
  return static_cast<double>(sample.size()) >= kLeastRatio * static_cast<double>(written);
}

Status TileEncoder::encode(std::span<const std::byte> pixels, std::span<std::byte> to,
                           CodecScratch& scratch, size_t& written) const {
  written = 0;
  if (all_zero(pixels)) return {};
  const bool store = fast_ && !pays(pixels, to, scratch);
  return (store ? *fast_ : chain_).encode(pixels, to, scratch, written);
}

}  // namespace parfocal
