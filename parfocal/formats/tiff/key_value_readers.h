#pragma once
/// Descriptions of lines `key=value`: those of ImageJ and of SCIFIO (ImageJ2).

#include <optional>
#include <string_view>

#include "parfocal/formats/tiff/tiff_description.h"

namespace parfocal {

/// `text` begins with "ImageJ=".
TiffDescription read_imagej(std::string_view text, const TiffResolution& resolution);

/// `text` begins with "SCIFIO=". What is not understood becomes a notice of a description without
/// axes.
TiffDescription read_scifio(std::string_view text, const TiffResolution& resolution);

}  // namespace parfocal
