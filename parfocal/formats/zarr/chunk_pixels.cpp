#include "parfocal/formats/zarr/chunk_pixels.h"

#include "parfocal/formats/zarr/view_boxes.h"

namespace parfocal {

bool ChunkPixels::from_cache(const WantedChunk& chunk) {
  if (context_.inner->decoded_bytes() > context_.limits.chunk_cache_bytes) return false;
  const auto kept = kept_.get(chunk.number);
  if (kept) copy_part(kept->first(0).data(), chunk);
  return kept != nullptr;
}

Status ChunkPixels::decode(ReadScratch& scratch, std::span<const std::byte> encoded,
                           const WantedChunk& chunk) {
  const CodecChain& inner = *context_.inner;
  const size_t bytes = static_cast<size_t>(inner.decoded_bytes());
  const bool in_place = chunk.part.region == chunk.box && chunk.part.contiguous();
  std::shared_ptr<ByteBuffer> kept;
  if (!chunk.whole && inner.decoded_bytes() <= context_.limits.chunk_cache_bytes)
    kept = buffers_.take();
  const std::span<std::byte> pixels = in_place ? std::span(chunk.part.data, bytes)
                                      : kept   ? kept->take(bytes)
                                               : scratch.decoded.take(bytes);
  if (Status s = inner.decode(encoded, pixels, scratch.codecs); !s.ok())
    return damaged(context_, chunk, s);
  if (in_place) return {};
  copy_part(pixels.data(), chunk);
  if (kept) kept_.put(chunk.number, std::move(kept), inner.decoded_bytes());
  return {};
}

void ChunkPixels::copy_part(const std::byte* decoded, const WantedChunk& chunk) const {
  const int64_t pixel_bytes = context_.inner->pixel_bytes();
  const auto strides = packed_strides(shape_of(chunk.box), pixel_bytes);
  const Region& part = chunk.part.region;
  for (int a = 0; a < part.rank; ++a) decoded += (part.begin(a) - chunk.box.begin(a)) * strides[a];
  copy_box({decoded, strides}, bytes_of(chunk.part), shape_of(part), pixel_bytes);
}

}  // namespace parfocal
