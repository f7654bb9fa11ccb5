#pragma once
/// Reads the chunks of a shard that a read wants, neighbours at once.

#include "parfocal/formats/zarr/chunk_pixels.h"
#include "parfocal/formats/zarr/shard_indexes.h"

namespace parfocal {

/// Thread-safe, each thread with a scratch of its own.
class ShardReader {
 public:
  ShardReader(const ReadContext& context, ShardIndexes& indexes, ChunkPixels& pixels)
      : context_(context), indexes_(indexes), pixels_(pixels) {}

  /// Reads dst.region, which lies in the shard with these indices, into dst. \pre scratch.key is
  /// the shard's
  Status read(ReadScratch& scratch, const ChunkIndex& index, const MutableView& dst) const;

 private:
  Status collect(ReadScratch& scratch, const ShardIndex& shard, const ChunkIndex& index,
                 const MutableView& dst) const;
  Status read_wanted(ReadScratch& scratch) const;
  size_t range_end(const std::vector<WantedChunk>& wanted, size_t first) const;
  Status read_range(ReadScratch& scratch, size_t first, size_t last) const;

  const ReadContext& context_;
  ShardIndexes& indexes_;
  ChunkPixels& pixels_;
};

}  // namespace parfocal
