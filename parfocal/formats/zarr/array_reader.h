#pragma once
/// Reads any region of a Zarr array, sharded or not, from any number of threads.

#include <memory>
#include <string>

#include "parfocal/core/view.h"
#include "parfocal/formats/zarr/chunk_pixels.h"
#include "parfocal/formats/zarr/read_context.h"
#include "parfocal/formats/zarr/read_scratch.h"
#include "parfocal/formats/zarr/shard_reader.h"

namespace parfocal {

class ArrayReader {
 public:
  /// `path`: of the array in the store. \throws Error(input_missing) if its codecs cannot stand
  ArrayReader(std::shared_ptr<const Store> store, std::string path, ZarrArray array,
              ReaderLimits limits = {});

  const ZarrArray& array() const { return context_.array; }
  /// Most bytes that n concurrent reads hold, divided by n: caches, buffers, codecs.
  int64_t read_bytes() const;
  /// Reads dst.region, which has one axis for each of the array and lies within its shape, into
  /// dst (any strides). Chunks that are absent hold the fill value. Fails on what is damaged, torn
  /// or cut short: names file and chunk. Thread-safe.
  Status read(const MutableView& dst) const;
  /// Forgets indexes and chunks, so that what a writer changed since is seen.
  void forget() const;

 private:
  Status read_region(const MutableView& dst) const;
  Status read_chunk(ReadScratch& scratch, const WantedChunk& chunk) const;
  void set_key(ReadScratch& scratch, const ChunkIndex& index) const;

  ReadContext context_;
  mutable ChunkPixels pixels_;
  mutable ShardIndexes indexes_;
  ShardReader shards_;
  mutable ScratchPool scratches_;
};

}  // namespace parfocal
