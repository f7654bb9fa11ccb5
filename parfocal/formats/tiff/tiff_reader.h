#pragma once
/// Pixels of one TIFF page. Uncompressed blocks of one sample are read straight into the
/// destination, only the rows asked for; those of several in pieces; LZW, deflate, PackBits and
/// JPEG are decoded by libtiff into one block's buffer.

#include "parfocal/core/view.h"
#include "parfocal/formats/tiff/channel_planes.h"
#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

/// Most bytes that read_tiff_region allocates for this page, however many channels are wanted: a
/// decoded block with all of its samples, its compressed bytes, codec tables, a palette. 0 of
/// uncompressed pages whose samples lie apart.
int64_t tiff_read_bytes(const TiffPage& page);

/// Fills dst (2-D, inside the page, same dtype) with the values of the first wanted channel, in the
/// machine's byte order; of several, dst is packed and the planes of the others lie behind it in
/// memory. Each block is decoded once. Fails if a block that is touched, or the last block of the
/// page, lies beyond the end of the file: a truncated file is broken whichever region is asked for
/// first. Thread-safe. \pre the page has the wanted channels
Status read_tiff_region(const TiffFile& file, const TiffPage& page, ChannelRange wanted,
                        const MutableView& dst);

}  // namespace parfocal
