#pragma once
/// Reads any region of a Zarr array, sharded or not, from any number of threads.

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "parfocal/core/view.h"
#include "parfocal/formats/zarr/array_metadata.h"
#include "parfocal/formats/zarr/byte_buffer.h"
#include "parfocal/formats/zarr/lru_cache.h"
#include "parfocal/formats/zarr/shard_codec.h"
#include "parfocal/formats/zarr/store.h"

namespace parfocal {

/// What one concurrent read may keep; n reads at once keep at most n times as much together.
struct ReaderLimits {
  int64_t chunk_cache_bytes = int64_t{64} << 20;  ///< decoded chunks of which a part was asked for
  int64_t index_cache_bytes = int64_t{1} << 20;   ///< indexes of shards; one always fits
  int64_t range_bytes = int64_t{1} << 20;         ///< neighbouring chunks come in reads of this
  int64_t gap_bytes = int64_t{16} << 10;          ///< read over rather than left out
};

class ArrayReader {
 public:
  /// `path`: of the array in the store. \throws Error(input_missing) if its codecs cannot stand
  ArrayReader(std::shared_ptr<const Store> store, std::string path, ZarrArray array,
              ReaderLimits limits = {});
  ~ArrayReader();

  const ZarrArray& array() const { return array_; }
  /// Most bytes that n concurrent reads hold, divided by n: caches, buffers, codecs.
  int64_t read_bytes() const;
  /// Reads dst.region, which has one axis for each of the array and lies within its shape, into
  /// dst (any strides). Chunks that are absent hold the fill value. Fails on what is damaged, torn
  /// or cut short: names file and chunk. Thread-safe.
  Status read(const MutableView& dst) const;
  /// Forgets indexes and chunks, so that what a writer changed since is seen.
  void forget() const;

 private:
  struct Scratch;
  struct Shard {
    int64_t bytes = -1;  // of the whole object; -1: there is none
    std::vector<ShardEntry> entries;
  };
  struct Chunk;  // one that is wanted: where it lies, what of it goes where
  class Lease;

  Status read_chunk(Scratch& scratch, const Chunk& chunk) const;
  Status read_plain_rows(const Chunk& chunk) const;
  Status read_shard(Scratch& scratch, const std::array<int64_t, kMaxRank>& index,
                    const MutableView& dst) const;
  Status collect(Scratch& scratch, const Shard& shard, const std::array<int64_t, kMaxRank>& index,
                 const MutableView& dst) const;
  Status read_ranges(Scratch& scratch) const;
  Status read_range(Scratch& scratch, size_t first, size_t last) const;
  Status load_shard(Scratch& scratch, const std::array<int64_t, kMaxRank>& index,
                    std::shared_ptr<const Shard>& shard) const;
  Status read_index(Scratch& scratch, Shard& shard) const;
  Status decode(Scratch& scratch, std::span<const std::byte> encoded, const Chunk& chunk) const;
  bool from_cache(const Chunk& chunk) const;
  bool rows_pay(const Chunk& chunk) const;
  void fill(const MutableView& part) const;
  void copy_part(const std::byte* decoded, const Chunk& chunk) const;
  Chunk make_chunk(const Region& box, const MutableView& dst) const;
  Status damaged(const Chunk& chunk, const Status& status) const;
  std::string name_of(const Region& box) const;
  void set_key(Scratch& scratch, const std::array<int64_t, kMaxRank>& index) const;
  std::unique_ptr<Scratch> take() const;

  std::shared_ptr<const Store> store_;
  std::string path_;
  ZarrArray array_;
  ReaderLimits limits_;
  CodecChain chain_;
  const ShardCodec* shard_;   // null: not sharded, or shards that are read whole
  const CodecChain* inner_;   // of the chunks that are decoded one by one
  Region whole_;              // of the array
  mutable std::mutex mutex_;  // of the scratches
  mutable std::vector<std::unique_ptr<Scratch>> idle_;
  mutable int64_t scratches_ = 0;
  mutable LruCache<ByteBuffer> chunks_;
  mutable LruCache<Shard> shards_;
};

}  // namespace parfocal
