#pragma once
/// Pixels of one TIFF page. Uncompressed blocks are read straight into the destination, only the
/// rows asked for; LZW, deflate and PackBits are decoded by libtiff into one block's buffer.

#include "parfocal/core/view.h"
#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

/// Most bytes that read_tiff_region allocates for this page: decoded block, its compressed bytes,
/// codec tables. 0 if uncompressed.
int64_t tiff_read_bytes(const TiffPage& page);

/// Fills dst (2-D, inside the page, same dtype) with values in the machine's byte order. Fails if a
/// block that is touched, or the last block of the page, lies beyond the end of the file: a
/// truncated file is broken whichever region is asked for first. Thread-safe.
Status read_tiff_region(const TiffFile& file, const TiffPage& page, const MutableView& dst);

}  // namespace parfocal
