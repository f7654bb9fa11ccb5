#include "parfocal/formats/zarr/codec_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "parfocal/formats/zarr/array_copy.h"
#include "parfocal/formats/zarr/shard_codec.h"

namespace parfocal {
namespace {

using Bytes = std::span<const std::byte>;

constexpr int64_t kMostChunkBytes = int64_t{1} << 34;  // 16 GiB: no writer makes larger ones

[[noreturn]] void refuse(const std::string& what, const std::string& given = "") {
  throw Error(ErrorCode::input_missing, Issue{what, "codecs", given, "", ""});
}

int64_t checked_bytes(const std::vector<int64_t>& chunk, DType dtype) {
  if (chunk.size() > kMaxRank) refuse(fmt::format("a chunk has {} axes, at most 6", chunk.size()));
  int64_t bytes = static_cast<int64_t>(dtype_size(dtype));
  for (const int64_t side : chunk) {
    if (side < 1 || bytes > kMostChunkBytes / side)
      refuse("a chunk has an impossible size: at most 16 GiB, no side 0");
    bytes *= side;
  }
  return bytes;
}

bool is_array_codec(CodecKind kind) {
  return kind == CodecKind::bytes || kind == CodecKind::sharding;
}

// Compressed bytes of other libraries may be longer than ours: bounded all the same.
int64_t limit_of(const CodecSpec& codec, int64_t bytes) {
  return codec.kind == CodecKind::crc32c ? bytes + 4 : bytes + bytes / 8 + (int64_t{64} << 10);
}

}  // namespace

CodecChain::CodecChain(const std::vector<CodecSpec>& codecs, DType dtype,
                       std::vector<int64_t> chunk, std::vector<std::byte> fill)
    : dtype_(dtype), chunk_(std::move(chunk)), stored_(chunk_) {
  bytes_ = checked_bytes(chunk_, dtype);
  bool array_codec = false;
  for (const CodecSpec& codec : codecs) {
    if (codec.kind == CodecKind::transpose && !array_codec) {
      set_order(codec.order);
    } else if (is_array_codec(codec.kind) && !array_codec) {
      array_codec = true;
      swap_ = codec.kind == CodecKind::bytes && dtype_size(dtype) > 1 &&
              codec.big_endian != (std::endian::native == std::endian::big);
      if (codec.kind == CodecKind::sharding)
        shard_ = std::make_shared<ShardCodec>(*codec.shard, dtype, stored_, fill);
    } else if (!array_codec || is_array_codec(codec.kind) || codec.kind == CodecKind::transpose) {
      refuse("codec " + codec.text() + " cannot stand where it does", codecs_text(codecs));
    } else {
      byte_codecs_.push_back(codec);
    }
  }
  if (!array_codec) refuse("the codecs lack 'bytes' or 'sharding_indexed'", codecs_text(codecs));
  set_bounds();
}

// Encoded axis i is axis order[i] of what goes in; one transposition after another is one again.
void CodecChain::set_order(const std::vector<int>& order) {
  std::vector<bool> seen(chunk_.size(), false);
  bool good = order.size() == chunk_.size();
  for (const int axis : order) {
    good = good && axis >= 0 && axis < static_cast<int>(seen.size()) &&
           !seen[static_cast<size_t>(axis)];
    if (good) seen[static_cast<size_t>(axis)] = true;
  }
  if (!good) refuse("codec transpose has an order that is no permutation of the axes");
  std::vector<int> joined;
  for (const int axis : order)
    joined.push_back(order_.empty() ? axis : order_[static_cast<size_t>(axis)]);
  order_ = std::move(joined);
  for (size_t i = 0; i < order_.size(); ++i) stored_[i] = chunk_[static_cast<size_t>(order_[i])];
  if (std::is_sorted(order_.begin(), order_.end())) order_.clear();
}

void CodecChain::set_bounds() {
  bounds_ = {shard_ ? shard_->encoded_bound() : bytes_};
  limits_ = {shard_ ? shard_->decode_limit() : bytes_};
  fixed_ = !shard_;
  for (const CodecSpec& codec : byte_codecs_) {
    if (limits_.back() > most_decoded_bytes(codec))
      refuse(fmt::format("a chunk of {} bytes is too large for codec {}", limits_.back(),
                         codec.text()));
    fixed_ = fixed_ && codec.kind == CodecKind::crc32c;
    bounds_.push_back(most_encoded_bytes(codec, bounds_.back()));
    limits_.push_back(limit_of(codec, limits_.back()));
  }
}

bool CodecChain::plain() const {
  return byte_codecs_.empty() && order_.empty() && !swap_ && !shard_ && dtype_ != DType::boolean;
}

const ShardCodec* CodecChain::shard() const {
  return byte_codecs_.empty() && order_.empty() ? shard_.get() : nullptr;
}

int64_t CodecChain::decode_scratch_bytes() const {
  int64_t bytes = shard_ ? shard_->decode_scratch_bytes() : 0;
  if (shard_ && !order_.empty()) bytes += bytes_;
  for (size_t i = 0; i < byte_codecs_.size(); ++i) {
    bytes += context_bytes_to_decode(byte_codecs_[i], limits_[i]);
    if (byte_codecs_[i].kind != CodecKind::crc32c && (i > 0 || !order_.empty() || shard_))
      bytes += limits_[i];
  }
  return bytes;
}

int64_t CodecChain::encode_scratch_bytes() const {
  int64_t bytes = shard_ ? shard_->encode_scratch_bytes() : 0;
  if (swap_ || !order_.empty() || shard_) bytes += std::max(bytes_, bounds_[0]);
  for (size_t i = 0; i < byte_codecs_.size(); ++i)
    bytes += context_bytes_to_encode(byte_codecs_[i], bounds_[i]) + (i > 0 ? bounds_[i] : 0);
  return bytes;
}

Status CodecChain::decode(Bytes encoded, std::span<std::byte> pixels, CodecScratch& scratch) const {
  if (fixed_ && static_cast<int64_t>(encoded.size()) != encoded_bound())
    return Status::fail(
        fmt::format("a chunk of {} bytes, the codecs make {}", encoded.size(), encoded_bound()));
  if (static_cast<int64_t>(encoded.size()) > decode_limit())
    return Status::fail(fmt::format("a chunk of {} bytes, the codecs make at most {}",
                                    encoded.size(), decode_limit()));
  if (Status s = undo_byte_codecs(encoded, pixels, scratch); !s.ok()) return s;
  return to_pixels(encoded, pixels, scratch);
}

// `bytes` becomes what the array codec made; it lies in `pixels` where that is possible.
Status CodecChain::undo_byte_codecs(Bytes& bytes, std::span<std::byte> pixels,
                                    CodecScratch& scratch) const {
  int turn = 0;
  for (size_t i = byte_codecs_.size(); i-- > 0;) {
    if (byte_codecs_[i].kind == CodecKind::crc32c) {
      if (Status s = strip_crc32c(bytes); !s.ok()) return s;
      continue;
    }
    const bool last = i == 0 && order_.empty() && !shard_;
    const std::span<std::byte> to =
        last ? pixels : scratch.stage[turn++ & 1].take(static_cast<size_t>(limits_[i]));
    size_t written = 0;
    if (Status s = decode_bytes(byte_codecs_[i], bytes, to, scratch.contexts, written); !s.ok())
      return s;
    bytes = to.first(written);
  }
  return {};
}

Status CodecChain::to_pixels(Bytes bytes, std::span<std::byte> pixels,
                             CodecScratch& scratch) const {
  if (shard_) {
    if (order_.empty()) return shard_->decode(bytes, pixels, scratch);
    const std::span<std::byte> stored = scratch.pixels.take(static_cast<size_t>(bytes_));
    if (Status s = shard_->decode(bytes, stored, scratch); !s.ok()) return s;
    transpose(stored.data(), pixels.data(), false);
    return {};
  }
  if (static_cast<int64_t>(bytes.size()) != bytes_)
    return Status::fail(
        fmt::format("the chunk decodes to {} bytes, {} belong", bytes.size(), bytes_));
  if (!order_.empty())
    transpose(bytes.data(), pixels.data(), false);
  else if (bytes.data() != pixels.data())
    std::memcpy(pixels.data(), bytes.data(), bytes.size());
  if (swap_) swap_elements(pixels.first(bytes.size()), pixel_bytes());
  if (dtype_ == DType::boolean)  // any other value than 0 and 1 is undefined in C++
    for (std::byte& b : pixels) b = b == std::byte{0} ? b : std::byte{1};
  return {};
}

void CodecChain::transpose(const std::byte* from, std::byte* to, bool forward) const {
  // Walks the stored array; the pixels are seen through permuted strides.
  const auto packed = packed_strides(chunk_, pixel_bytes());
  std::array<int64_t, kMaxRank> permuted{};
  for (size_t i = 0; i < order_.size(); ++i) permuted[i] = packed[static_cast<size_t>(order_[i])];
  const auto stored = packed_strides(stored_, pixel_bytes());
  copy_box({from, forward ? permuted : stored}, {to, forward ? stored : permuted}, stored_,
           pixel_bytes());
}

// `pixels` becomes what the array codec makes of them.
Status CodecChain::to_bytes(Bytes& pixels, std::span<std::byte> encoded,
                            CodecScratch& scratch) const {
  const bool last = byte_codecs_.empty();
  if (!last && !swap_ && order_.empty() && !shard_) return {};
  const size_t room = static_cast<size_t>(std::max(bytes_, bounds_[0]));
  const std::span<std::byte> to = last ? encoded : scratch.stage[0].take(room);
  if (shard_) {
    if (!order_.empty()) {
      const std::span<std::byte> stored = scratch.pixels.take(static_cast<size_t>(bytes_));
      transpose(pixels.data(), stored.data(), true);
      pixels = stored;
    }
    size_t written = 0;
    if (Status s = shard_->encode(pixels, to, scratch, written); !s.ok()) return s;
    pixels = to.first(written);
    return {};
  }
  if (order_.empty())
    std::memcpy(to.data(), pixels.data(), pixels.size());
  else
    transpose(pixels.data(), to.data(), true);
  if (swap_) swap_elements(to.first(pixels.size()), pixel_bytes());
  pixels = to.first(pixels.size());
  return {};
}

Status CodecChain::encode(Bytes pixels, std::span<std::byte> encoded, CodecScratch& scratch,
                          size_t& written) const {
  if (static_cast<int64_t>(pixels.size()) != bytes_ ||
      static_cast<int64_t>(encoded.size()) < encoded_bound())
    return Status::fail("the buffers do not have the sizes of the codecs");
  if (Status s = to_bytes(pixels, encoded, scratch); !s.ok()) return s;
  int turn = 1;
  for (size_t i = 0; i < byte_codecs_.size(); ++i) {
    // A checksum goes behind bytes that lie in place already.
    const auto compresses = [](const CodecSpec& c) { return c.kind != CodecKind::crc32c; };
    const bool last = std::none_of(byte_codecs_.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                   byte_codecs_.end(), compresses);
    const std::span<std::byte> to =
        last ? encoded : scratch.stage[turn++ & 1].take(static_cast<size_t>(bounds_[i + 1]));
    size_t n = 0;
    if (Status s = encode_bytes(byte_codecs_[i], pixels, to, scratch.contexts, n); !s.ok())
      return s;
    pixels = to.first(n);
  }
  written = pixels.size();
  return {};
}

}  // namespace parfocal
