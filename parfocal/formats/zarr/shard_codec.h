#pragma once
/// Codec sharding_indexed (zarr-specs v3, sharding-indexed): chunks in any order and with any gaps
/// between them, and an index of (offset, bytes) pairs at the start or the end.

#include <memory>
#include <span>
#include <vector>

#include "parfocal/formats/zarr/codec_chain.h"

namespace parfocal {

/// Where a chunk lies in its shard; both numbers all ones: not there, all fill value.
struct ShardEntry {
  uint64_t offset = ~uint64_t{0};
  uint64_t bytes = ~uint64_t{0};
  bool empty() const { return offset == ~uint64_t{0} && bytes == ~uint64_t{0}; }
  bool operator==(const ShardEntry&) const = default;
};

class ShardCodec {
 public:
  static constexpr int64_t kEntryBytes = 16;  ///< of one entry, stored and in memory

  /// \throws Error(input_missing) if the chunks do not divide the shard or a codec cannot stand
  /// where it does
  ShardCodec(const ShardSpec& spec, DType dtype, const std::vector<int64_t>& shard,
             std::vector<std::byte> fill);

  const CodecChain& inner() const { return inner_; }
  /// Inner chunks along each axis, and in all.
  const std::vector<int64_t>& grid() const { return grid_; }
  int64_t chunks() const { return chunks_; }
  /// Bytes of the stored index.
  int64_t index_bytes() const { return index_.encoded_bound(); }
  bool index_at_end() const { return index_at_end_; }

  /// The entries (chunks() of them, C order) of a stored index; fails on a wrong checksum.
  Status decode_index(std::span<const std::byte> stored, std::span<ShardEntry> entries,
                      CodecScratch& scratch) const;
  /// \pre stored.size() == index_bytes()
  Status encode_index(std::span<const ShardEntry> entries, std::span<std::byte> stored,
                      CodecScratch& scratch) const;
  /// Fails unless the entry is empty or a chunk that lies within a shard of so many bytes, outside
  /// its index, and no larger than the inner codecs can make it.
  Status check(const ShardEntry& entry, int64_t shard_bytes) const;

  /// A whole shard in memory: for shards within shards, for tests, for small arrays.
  int64_t encoded_bound() const;
  int64_t decode_limit() const;
  int64_t decode_scratch_bytes() const;
  int64_t encode_scratch_bytes() const;
  Status decode(std::span<const std::byte> stored, std::span<std::byte> pixels,
                CodecScratch& scratch) const;
  Status encode(std::span<const std::byte> pixels, std::span<std::byte> stored,
                CodecScratch& scratch, size_t& written) const;

 private:
  template <class F>
  Status for_each_chunk(F&& f) const;
  std::vector<int64_t> shard_, grid_;
  std::vector<std::byte> fill_;
  CodecChain inner_, index_;
  int64_t chunks_ = 0;
  bool index_at_end_ = true;
};

}  // namespace parfocal
