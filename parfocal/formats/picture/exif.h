#pragma once
/// How a camera was held, as pictures say it.

#include <cstdint>

#include "parfocal/formats/picture/picture_head.h"

namespace parfocal {

/// The tag Orientation of the Exif data of an open file: 1 as the pixels lie, 2 to 8 mirrored or
/// turned; 1 also where nothing is said, or what is said cannot be read. Thread-safe.
int exif_orientation(int fd, PictureKind kind);

}  // namespace parfocal
