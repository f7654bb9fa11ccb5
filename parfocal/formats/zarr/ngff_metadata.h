#pragma once
/// What OME-NGFF metadata says (ngff.openmicroscopy.org 0.4 on Zarr v2, 0.5 on Zarr v3): images
/// with levels, labels, plates, wells. Reading is lenient; every number and path is checked.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/layout.h"

namespace parfocal {

struct NgffLevel {
  std::string path;                        ///< of its array, relative to the image
  std::vector<double> scale, translation;  ///< per axis, in its unit; the multiscale's own applied
  std::string doubt = {};                  ///< why the scale is not known; "" = it is
};

struct NgffImage {
  std::string name;
  std::vector<Axis> axes;               ///< name and unit; scale of the finest level; size 0
  std::vector<std::string> axis_types;  ///< "time", "channel", "space", "" = none
  std::vector<NgffLevel> levels;        ///< finest first, at least one
  std::vector<std::string> channels;    ///< labels of omero's channels; "" = none
  std::vector<std::string> notices;     ///< what of it was not understood, one sentence each
  /// The axes with the scale of a level; without units where its scale is not known.
  std::vector<Axis> axes_of(size_t level) const;
  /// Where the image lies (its translations, other than 0): "y=5 um x=2.5 um".
  std::string place_text() const;
  /// What a user of this level must know: `notices`, where the image lies, and why its scale is not
  /// known.
  std::vector<std::string> notices_of(size_t level) const;
};

/// One group. A group that is no image has none; nothing here says that anything exists.
struct NgffGroup {
  std::string version;  ///< "0.4", "0.5"; "" = not stated
  std::optional<NgffImage> image;
  bool is_label = false;            ///< has image-label
  std::vector<std::string> labels;  ///< names, of a group `labels`
  std::vector<std::string> wells;   ///< paths, of a plate
  std::vector<std::string> fields;  ///< paths of the images of a well
  bool is_plate = false, is_well = false;
  bool is_series = false;           ///< bioformats2raw.layout: images "0", "1"...
  std::vector<std::string> series;  ///< of the group OME
};

/// From a group's zarr.json (`zarr_format` 3: attributes.ome) or .zattrs (2: top level).
/// \throws Error(input_missing) that names what is impossible
NgffGroup parse_ngff(std::string_view text, int zarr_format);

}  // namespace parfocal
