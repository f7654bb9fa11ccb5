#pragma once
/// Chunks that are stored as their pixels lie in memory: rows of them are read straight to where
/// they belong, where that is cheaper than the whole chunk.

#include "parfocal/formats/zarr/wanted_chunk.h"

namespace parfocal {

/// Whether it is cheaper to read rows of pixels to where they belong than the whole chunk.
bool rows_pay(const ReadContext& context, const WantedChunk& chunk);

/// Reads what is wanted of the chunk at chunk.offset of its object; the fill value where a chunk
/// that is an object of its own is absent. \pre the codecs of the inner chunks are plain
Status read_plain_rows(const ReadContext& context, const WantedChunk& chunk);

}  // namespace parfocal
