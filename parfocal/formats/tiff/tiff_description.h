#pragma once
/// What a TIFF file says of its pages: OME-XML (OME-TIFF), the description of ImageJ or SCIFIO, or
/// the shape that tifffile writes.

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/frame_set.h"
#include "parfocal/core/layout.h"
#include "parfocal/formats/tiff/description_values.h"
#include "parfocal/formats/tiff/plane_map.h"
#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

struct TiffDescription {
  /// "OME-XML", "ImageJ", "SCIFIO", "tifffile"; "": it says nothing of axes.
  std::string origin;
  std::vector<Axis> planes;   ///< of the pages, outermost first, sizes of 1 left out; c if it has
                              ///< names
  Axis y{"y", 0, 1, "", {}};  ///< size 0: not stated
  Axis x{"x", 0, 1, "", {}};
  std::string pixels;          ///< their type as stated, named as DTypes are; "" = not stated
  ForeignUnits foreign_units;  ///< of scales that have none
  /// What of it a user must know, one sentence each.
  std::vector<std::string> notices;
  FrameSet missing;  ///< pages that a sink of parfocal records as missing
  /// Samples of a pixel of the pages that were taken out of the axis c; 1: none.
  int64_t samples = 1;
  int64_t missing_not_listed = 0;  ///< items beyond those
  /// JSON of the run whose sink wrote it, if that came to its end; "" = not told.
  std::string provenance;
  /// All images lie behind the first directory, one after the other.
  bool contiguous = false;

  // Of OME-XML:
  int64_t images = 1;                    ///< images (positions) that it speaks of
  std::vector<std::string> image_names;  ///< of those that were read
  std::string unequal;                   ///< not empty: why the images cannot be taken as positions
  std::set<int64_t> unlike;              ///< images of other scales, units or names of channels
  std::vector<std::string> files;        ///< that hold planes, as named
  std::vector<std::string> file_ids;
  std::string id;             ///< of this file
  std::string metadata_file;  ///< not empty: all of the above stands there
  PlaneMap places;  ///< of the planes of the images that were read, one image behind the other; not
                    ///< sorted; empty: pages in the order of `planes`
  /// Planes of one image.
  int64_t page_count() const;
};

/// Pixels per unit, as in the tags XResolution and YResolution; 0 = not stated.
struct TiffResolution {
  double x = 0, y = 0;
  int unit = 0;  ///< of ResolutionUnit: 2 inch, 3 cm; else not stated
};

constexpr int64_t kAllImages = -1;

/// Of the pixels of the pages that are described: they are no pages of their own, though many
/// descriptions count them as steps of c.
struct TiffSamples {
  int64_t count = 1;
  bool planar = false;  ///< as TiffPage::planar
};

/// nullopt if the text is of none of these, or cannot be understood. Never throws; reads what is
/// there of a text that was cut. `image`: the only one of several in OME-XML to be read.
std::optional<TiffDescription> describe_tiff(std::string_view text,
                                             const TiffResolution& resolution,
                                             int64_t image = kAllImages,
                                             const TiffSamples& samples = {});

/// Of a description; a longer one is not read.
constexpr int64_t kMostDescriptionBytes = int64_t{64} << 20;
/// Bytes of the longest description of a page.
int64_t description_bytes(const TiffFile& file, const TiffPage& page);

/// Where a description speaks of other pixels than those of the page: of how many and which, and
/// what the page has; "" = nowhere.
std::string other_pixels(const TiffDescription& description, const TiffPage& page);

/// The descriptions of a page, OME-XML first; nullopt also of one that is too long.
std::optional<TiffDescription> describe_tiff(const TiffFile& file, const TiffPage& page,
                                             int64_t image = kAllImages);

/// TiffDescription::provenance of a file; "" also where it cannot be read.
std::string described_provenance(const std::filesystem::path& file);

/// Images that lie behind the first directory of a file: 1, or more of some writers.
int64_t images_behind(const TiffFile& file, const TiffPage& page,
                      const std::optional<TiffDescription>& description);

/// Sets the scales that the page states by itself, per inch or cm.
void set_page_scales(const TiffFile& file, const TiffPage& page, Axis& y, Axis& x);

/// Removes the axes of one step that say nothing.
void drop_single(std::vector<Axis>& axes);

}  // namespace parfocal
