#include "parfocal/formats/zarr/shard_indexes.h"

#include <fmt/format.h>

namespace parfocal {

Status ShardIndexes::load(ReadScratch& scratch, const ChunkIndex& index,
                          std::shared_ptr<const ShardIndex>& loaded) {
  const ZarrArray& array = context_.array;
  int64_t number = 0;
  for (size_t a = 0; a < array.chunk.size(); ++a)
    number = number * ((array.shape[a] + array.chunk[a] - 1) / array.chunk[a]) + index[a];
  loaded = kept_.get(number);
  if (loaded) return {};
  auto fresh = indexes_.take();
  Status status = read(scratch, *fresh);
  // A writer may be at work: between its last chunk and the new index the old one is no more.
  if (!status.ok()) status = read(scratch, *fresh);
  if (!status.ok()) return status;
  loaded = fresh;
  if (fresh->bytes >= 0)
    kept_.put(number, loaded, ShardCodec::kEntryBytes * context_.shard->chunks());
  return {};
}

Status ShardIndexes::read(ReadScratch& scratch, ShardIndex& index) const {
  const Store& store = *context_.store;
  const ShardCodec& codec = *context_.shard;
  const std::span<std::byte> stored = scratch.index.take(static_cast<size_t>(codec.index_bytes()));
  ObjectRead found;
  if (Status s = codec.index_at_end() ? store.read_end(scratch.key, stored, found)
                                      : store.read(scratch.key, 0, stored, found);
      !s.ok())
    return s;
  index.bytes = found.found ? found.size : -1;
  if (!found.found) return {};
  const std::string name = "shard " + store.where(scratch.key);
  if (found.read < codec.index_bytes())
    return Status::fail(fmt::format("{} is torn: it has {} bytes, its index alone has {}", name,
                                    found.size, codec.index_bytes()),
                        kTorn);
  index.entries.resize(static_cast<size_t>(codec.chunks()));
  if (Status s = codec.decode_index(stored, index.entries, scratch.codecs); !s.ok())
    return Status::fail(name + " has no valid index: " + s.issue().what, kTorn);
  return {};
}

}  // namespace parfocal
