#pragma once
/// OME-XML as a description of pages (schema 2016-06; older ones agree in what is read).

#include <optional>
#include <string_view>

#include "parfocal/formats/tiff/tiff_description.h"

namespace parfocal {

/// SizeC counts the samples of a pixel; axis c of what is returned does not, nor do places.
std::optional<TiffDescription> read_ome_xml(std::string_view text, int64_t image,
                                            const TiffSamples& samples);

}  // namespace parfocal
