#include "parfocal/formats/zarr/shard_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "parfocal/formats/zarr/array_copy.h"

namespace parfocal {
namespace {

using Bytes = std::span<const std::byte>;

constexpr int64_t kMostChunks = int64_t{1} << 22;  // an index of 64 MiB

[[noreturn]] void refuse(const std::string& what, const std::string& cure = "") {
  throw Error(ErrorCode::input_missing, Issue{what, "codec sharding_indexed", "", "", cure});
}

std::vector<int64_t> grid_of(const std::vector<int64_t>& shard, const std::vector<int64_t>& chunk) {
  if (shard.size() != chunk.size())
    refuse(fmt::format("chunks of {} axes in shards of {}", chunk.size(), shard.size()));
  std::vector<int64_t> grid;
  for (size_t i = 0; i < shard.size(); ++i) {
    if (chunk[i] < 1 || shard[i] % chunk[i] != 0)
      refuse(fmt::format("a chunk side of {} does not divide the shard's side of {}", chunk[i],
                         shard[i]));
    grid.push_back(shard[i] / chunk[i]);
  }
  return grid;
}

int64_t checked_chunks(const std::vector<int64_t>& grid) {
  int64_t chunks = 1;
  for (const int64_t side : grid) {
    if (side > kMostChunks / chunks)
      refuse(fmt::format("a shard holds more than {} chunks", kMostChunks));
    chunks *= side;
  }
  return chunks;
}

// Its size must not depend on what it holds, else nobody finds it.
const std::vector<CodecSpec>& fixed_only(const std::vector<CodecSpec>& codecs) {
  for (const CodecSpec& codec : codecs)
    if (codec.kind != CodecKind::bytes && codec.kind != CodecKind::crc32c)
      refuse("index codec " + codec.text() + " is not supported", "use bytes and crc32c");
  return codecs;
}

constexpr size_t kEntryBytes = sizeof(ShardEntry);
static_assert(kEntryBytes == 16);

}  // namespace

ShardCodec::ShardCodec(const ShardSpec& spec, DType dtype, const std::vector<int64_t>& shard,
                       std::vector<std::byte> fill)
    : shard_(shard),
      grid_(grid_of(shard, spec.chunk)),
      fill_(std::move(fill)),
      inner_(spec.codecs, dtype, spec.chunk, fill_),
      index_(fixed_only(spec.index_codecs), DType::u64, {2 * checked_chunks(grid_)},
             std::vector<std::byte>(8)),
      chunks_(checked_chunks(grid_)),
      index_at_end_(spec.index_at_end) {}

Status ShardCodec::decode_index(Bytes stored, std::span<ShardEntry> entries,
                                CodecScratch& scratch) const {
  return index_.decode(stored, std::as_writable_bytes(entries), scratch);
}

Status ShardCodec::encode_index(std::span<const ShardEntry> entries, std::span<std::byte> stored,
                                CodecScratch& scratch) const {
  size_t written = 0;
  return index_.encode(std::as_bytes(entries), stored, scratch, written);
}

Status ShardCodec::check(const ShardEntry& entry, int64_t shard_bytes) const {
  if (entry.empty()) return {};
  const uint64_t index = static_cast<uint64_t>(index_bytes());
  const uint64_t all = static_cast<uint64_t>(shard_bytes);
  const uint64_t begin = index_at_end_ ? 0 : index, end = index_at_end_ ? all - index : all;
  if (all < index || entry.offset < begin || entry.offset > end || entry.bytes > end - entry.offset)
    return Status::fail(
        fmt::format("its index puts it at {} with {} bytes, outside the {} bytes of chunks",
                    entry.offset, entry.bytes, all < index ? 0 : all - index));
  if (entry.bytes > static_cast<uint64_t>(inner_.decode_limit()))
    return Status::fail(fmt::format("its index gives it {} bytes, the codecs make at most {}",
                                    entry.bytes, inner_.decode_limit()));
  return {};
}

int64_t ShardCodec::encoded_bound() const {
  return chunks_ * inner_.encoded_bound() + index_bytes();
}
int64_t ShardCodec::decode_limit() const {
  return chunks_ * (inner_.decode_limit() + 4096) + index_bytes();
}
int64_t ShardCodec::decode_scratch_bytes() const {
  return inner_.decode_scratch_bytes() + inner_.decoded_bytes() + kEntryBytes * chunks_;
}
int64_t ShardCodec::encode_scratch_bytes() const {
  return inner_.encode_scratch_bytes() + inner_.decoded_bytes() + kEntryBytes * chunks_;
}

// f(number of the chunk, offset in bytes of its first pixel) in C order.
template <class F>
Status ShardCodec::for_each_chunk(F&& f) const {
  const auto strides = packed_strides(shard_, inner_.pixel_bytes());
  for (int64_t k = 0; k < chunks_; ++k) {
    int64_t rest = k, offset = 0;
    for (size_t i = grid_.size(); i-- > 0; rest /= grid_[i])
      offset += rest % grid_[i] * inner_.chunk()[i] * strides[i];
    if (Status s = f(static_cast<size_t>(k), offset); !s.ok()) return s;
  }
  return {};
}

static std::span<ShardEntry> entries_of(std::vector<uint64_t>& words, int64_t chunks) {
  words.resize(static_cast<size_t>(2 * chunks));
  return {reinterpret_cast<ShardEntry*>(words.data()), static_cast<size_t>(chunks)};
}

Status ShardCodec::decode(Bytes stored, std::span<std::byte> pixels, CodecScratch& scratch) const {
  const size_t index = static_cast<size_t>(index_bytes());
  if (stored.size() < index)
    return Status::fail(
        fmt::format("the shard has {} bytes, its index alone has {}", stored.size(), index));
  if (!scratch.inner) scratch.inner = std::make_unique<CodecScratch>();
  CodecScratch& inner = *scratch.inner;
  const std::span<ShardEntry> entries = entries_of(scratch.index, chunks_);
  if (Status s =
          decode_index(index_at_end_ ? stored.last(index) : stored.first(index), entries, inner);
      !s.ok())
    return s;
  const auto strides = packed_strides(shard_, inner_.pixel_bytes());
  const auto chunk_strides = packed_strides(inner_.chunk(), inner_.pixel_bytes());
  const std::span<std::byte> chunk =
      scratch.chunk.take(static_cast<size_t>(inner_.decoded_bytes()));
  return for_each_chunk([&](size_t k, int64_t offset) -> Status {
    const Box<std::byte> to{pixels.data() + offset, strides};
    const ShardEntry& entry = entries[k];
    if (Status s = check(entry, static_cast<int64_t>(stored.size())); !s.ok()) return s;
    if (entry.empty()) {
      fill_box(to, inner_.chunk(), fill_);
      return {};
    }
    const Bytes encoded = stored.subspan(entry.offset, entry.bytes);
    if (Status s = inner_.decode(encoded, chunk, inner); !s.ok()) return s;
    copy_box({chunk.data(), chunk_strides}, to, inner_.chunk(), inner_.pixel_bytes());
    return {};
  });
}

static bool all_fill(Bytes chunk, Bytes fill) {
  return std::memcmp(chunk.data(), fill.data(), fill.size()) == 0 &&
         std::memcmp(chunk.data(), chunk.data() + fill.size(), chunk.size() - fill.size()) == 0;
}

Status ShardCodec::encode(Bytes pixels, std::span<std::byte> stored, CodecScratch& scratch,
                          size_t& written) const {
  if (!scratch.inner) scratch.inner = std::make_unique<CodecScratch>();
  CodecScratch& inner = *scratch.inner;
  const size_t index = static_cast<size_t>(index_bytes());
  const std::span<ShardEntry> entries = entries_of(scratch.index, chunks_);
  const auto strides = packed_strides(shard_, inner_.pixel_bytes());
  const auto chunk_strides = packed_strides(inner_.chunk(), inner_.pixel_bytes());
  const std::span<std::byte> chunk =
      scratch.chunk.take(static_cast<size_t>(inner_.decoded_bytes()));
  size_t end = index_at_end_ ? 0 : index;
  Status status = for_each_chunk([&](size_t k, int64_t offset) -> Status {
    copy_box({pixels.data() + offset, strides}, {chunk.data(), chunk_strides}, inner_.chunk(),
             inner_.pixel_bytes());
    entries[k] = {};
    if (all_fill(chunk, fill_)) return {};
    size_t n = 0;
    if (Status s = inner_.encode(chunk, stored.subspan(end), inner, n); !s.ok()) return s;
    entries[k] = {end, n};
    end += n;
    return {};
  });
  if (!status.ok()) return status;
  const std::span<std::byte> place =
      index_at_end_ ? stored.subspan(end, index) : stored.first(index);
  if (Status s = encode_index(entries, place, inner); !s.ok()) return s;
  written = index_at_end_ ? end + index : end;
  return {};
}

}  // namespace parfocal
