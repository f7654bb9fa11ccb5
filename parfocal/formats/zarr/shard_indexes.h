#pragma once
/// The indexes of an array's shards: read, checked, told when torn, and kept.

#include <memory>
#include <vector>

#include "parfocal/formats/common/recycler.h"
#include "parfocal/formats/zarr/chunk_grid.h"
#include "parfocal/formats/zarr/lru_cache.h"
#include "parfocal/formats/zarr/read_scratch.h"

namespace parfocal {

struct ShardIndex {
  int64_t bytes = -1;  ///< of the whole object; -1: there is none
  std::vector<ShardEntry> entries;
};

/// Thread-safe, each thread with a scratch of its own.
class ShardIndexes {
 public:
  /// \pre context.shard while load() is called
  explicit ShardIndexes(const ReadContext& context) : context_(context) {}

  /// The index of the shard with these indices, whose key is scratch.key. Fails, naming the file
  /// and the cure, on one that is torn or damaged.
  Status load(ReadScratch& scratch, const ChunkIndex& index,
              std::shared_ptr<const ShardIndex>& loaded);

  void set_bound(int64_t bytes) { kept_.set_bound(bytes); }
  void forget() { kept_.clear(); }

 private:
  Status read(ReadScratch& scratch, ShardIndex& index) const;

  const ReadContext& context_;
  Recycler<ShardIndex> indexes_;
  LruCache<ShardIndex> kept_;  // by number in the array's grid of shards
};

}  // namespace parfocal
