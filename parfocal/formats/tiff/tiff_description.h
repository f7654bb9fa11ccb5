#pragma once
/// What a TIFF file says of its pages: OME-XML (OME-TIFF) or the description of ImageJ.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/frame_set.h"
#include "parfocal/core/layout.h"
#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

struct TiffDescription {
  std::string origin;         ///< "OME-XML", "ImageJ"
  std::vector<Axis> planes;   ///< of the pages, outermost first, sizes of 1 left out; c if it has
                              ///< names
  Axis y{"y", 0, 1, "", {}};  ///< scales only
  Axis x{"x", 0, 1, "", {}};
  int64_t images = 1;              ///< images (positions, series) in the file
  FrameSet missing;                ///< pages that a sink of parfocal records as missing
  int64_t missing_not_listed = 0;  ///< ranges beyond those
  std::string irregular;           ///< not empty: why the pages are not in the order of `planes`
  /// Pages that the description speaks of.
  int64_t page_count() const;
};

/// Pixels per unit, as in the tags XResolution and YResolution; 0 = not stated.
struct TiffResolution {
  double x = 0, y = 0;
};

/// nullopt if the text is neither OME-XML nor of ImageJ, or cannot be understood. Never throws;
/// reads what is there of a text that was cut.
std::optional<TiffDescription> describe_tiff(std::string_view text,
                                             const TiffResolution& resolution);

/// The description of a page; of a long text its first MiB, in which sizes and channels stand.
std::optional<TiffDescription> describe_tiff(const TiffFile& file, const TiffPage& page);

}  // namespace parfocal
