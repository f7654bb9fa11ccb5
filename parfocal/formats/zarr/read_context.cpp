#include "parfocal/formats/zarr/read_context.h"

#include <algorithm>

#include "parfocal/formats/zarr/chunk_grid.h"

namespace parfocal {

ReadContext::ReadContext(std::shared_ptr<const Store> from, std::string array_path,
                         ZarrArray described, ReaderLimits bounds)
    : store(std::move(from)),
      path(std::move(array_path)),
      array(std::move(described)),
      limits(bounds),
      chain(array.codecs, array.dtype, array.chunk, array.fill),
      shard(chain.shard()),
      inner(shard ? &shard->inner() : &chain),
      whole(box_of(array.shape)) {
  if (inner->plain() && inner->decoded_bytes() > kMostPlainBytes) limits.chunk_cache_bytes = 0;
  if (shard)
    limits.index_cache_bytes =
        std::max(limits.index_cache_bytes, ShardCodec::kEntryBytes * shard->chunks());
}

}  // namespace parfocal
