#pragma once
/// Descriptions of lines `key=value`: those of ImageJ.

#include <optional>
#include <string_view>

#include "parfocal/formats/tiff/tiff_description.h"

namespace parfocal {

/// `text` begins with "ImageJ=".
TiffDescription read_imagej(std::string_view text, const TiffResolution& resolution);

}  // namespace parfocal
