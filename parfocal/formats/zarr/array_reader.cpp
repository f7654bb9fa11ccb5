#include "parfocal/formats/zarr/array_reader.h"

#include "parfocal/formats/zarr/plain_rows.h"
#include "parfocal/formats/zarr/view_boxes.h"

namespace parfocal {

ArrayReader::ArrayReader(std::shared_ptr<const Store> store, std::string path, ZarrArray array,
                         ReaderLimits limits)
    : context_(std::move(store), std::move(path), std::move(array), limits),
      pixels_(context_),
      indexes_(context_),
      shards_(context_, indexes_, pixels_),
      scratches_([this](int64_t count) {
        pixels_.set_bound(count * context_.limits.chunk_cache_bytes);
        indexes_.set_bound(count * context_.limits.index_cache_bytes);
      }) {}

int64_t ArrayReader::read_bytes() const {
  const ReaderLimits& limits = context_.limits;
  const CodecChain& inner = *context_.inner;
  int64_t bytes = limits.chunk_cache_bytes;
  if (!inner.plain() || inner.decoded_bytes() <= kMostPlainBytes)
    bytes += 2 * inner.decoded_bytes() + inner.decode_scratch_bytes() + inner.decode_limit();
  if (const ShardCodec* shard = context_.shard)
    bytes += limits.range_bytes + limits.index_cache_bytes + 2 * shard->index_bytes() +
             shard->chunks() * static_cast<int64_t>(sizeof(WantedChunk));
  return bytes;
}

void ArrayReader::forget() const {
  pixels_.forget();
  indexes_.forget();
}

// Sizes that files declare, and limits of the system, end as a failure that names the array.
Status ArrayReader::read(const MutableView& dst) const {
  try {
    return read_region(dst);
  } catch (const std::bad_alloc&) {
    return Status::fail("the system gave no memory to read " + context_.store->where(context_.path),
                        "run with fewer --threads, or let the process have more memory");
  } catch (const std::exception& e) {
    return Status::fail(context_.store->where(context_.path) + " cannot be read: " + e.what());
  }
}

Status ArrayReader::read_region(const MutableView& dst) const {
  const Region& whole = context_.whole;
  const ZarrArray& array = context_.array;
  if (dst.region.rank != whole.rank || dst.dtype != array.dtype || !whole.contains(dst.region))
    return Status::fail("the region does not lie in the array " +
                        context_.store->where(context_.path));
  ScratchPool::Lease lease(scratches_);
  ReadScratch& scratch = *lease;
  return for_each_chunk(dst.region, {}, array.chunk, [&](const ChunkIndex& index) -> Status {
    set_key(scratch, index);
    const Region box = box_at(index, array.chunk);
    const MutableView part = subview(dst, clipped(box, dst.region));
    if (context_.shard) return shards_.read(scratch, index, part);
    WantedChunk chunk = wanted_of(context_, box, part);
    chunk.key = scratch.key;
    chunk.bytes = context_.chain.decode_limit();
    return read_chunk(scratch, chunk);
  });
}

void ArrayReader::set_key(ReadScratch& scratch, const ChunkIndex& index) const {
  const ZarrArray& array = context_.array;
  scratch.key = joined_key(context_.path, array.chunk_key({index.data(), array.chunk.size()}));
}

// A chunk that is an object of its own.
Status ArrayReader::read_chunk(ReadScratch& scratch, const WantedChunk& chunk) const {
  if (pixels_.from_cache(chunk)) return {};
  if (rows_pay(context_, chunk)) return read_plain_rows(context_, chunk);
  ObjectRead found;
  const std::span<std::byte> encoded = scratch.encoded.take(static_cast<size_t>(chunk.bytes));
  if (Status s = context_.store->read(scratch.key, 0, encoded, found); !s.ok()) return s;
  if (!found.found) {
    fill_view(chunk.part, context_.array.fill);
    return {};
  }
  const CodecChain& chain = context_.chain;
  const bool other = chain.fixed_size() && found.size != chain.encoded_bound();
  if (other || found.size > chunk.bytes) return wrong_size(context_, scratch.key, found.size);
  return pixels_.decode(scratch, encoded.first(static_cast<size_t>(found.read)), chunk);
}

}  // namespace parfocal
