#pragma once
/// Decodes chunks into the view that a read fills, and keeps those of which only a part was asked
/// for.

#include "parfocal/formats/common/byte_buffer.h"
#include "parfocal/formats/common/recycler.h"
#include "parfocal/formats/zarr/lru_cache.h"
#include "parfocal/formats/zarr/read_scratch.h"

namespace parfocal {

/// Thread-safe, each thread with a scratch of its own.
class ChunkPixels {
 public:
  explicit ChunkPixels(const ReadContext& context) : context_(context) {}

  /// Puts the wanted part where it goes, if the chunk was kept; false if not.
  bool from_cache(const WantedChunk& chunk);
  /// Decodes a chunk and puts the wanted part where it goes. Fails on damaged bytes, naming file
  /// and chunk.
  Status decode(ReadScratch& scratch, std::span<const std::byte> encoded, const WantedChunk& chunk);

  void set_bound(int64_t bytes) { kept_.set_bound(bytes); }
  void forget() { kept_.clear(); }

 private:
  void copy_part(const std::byte* decoded, const WantedChunk& chunk) const;

  const ReadContext& context_;
  Recycler<ByteBuffer> buffers_;
  LruCache<ByteBuffer> kept_;  // by number in the array's grid
};

}  // namespace parfocal
