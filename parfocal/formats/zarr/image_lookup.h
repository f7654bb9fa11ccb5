#pragma once
/// Finds the array that a person means: an image of a plate or of several positions, one of its
/// labels, one of its levels.

#include <string>
#include <vector>

#include "parfocal/core/layout.h"
#include "parfocal/formats/zarr/hierarchy.h"

namespace parfocal {

struct ImageChoice {
  std::string position;  ///< path of the image below the root; "" = the root, or its only image
  std::string labels;    ///< name of a label image; "" = the image itself
  int64_t level = 0;
  std::string axes = {};  ///< for an array without metadata of axes, such as "tyx"
};
struct FoundImage {
  std::string path;   ///< of the array
  std::string group;  ///< of the image that it is a level of
  /// Whether its frames are those of the image: not of a plain array, nor of a level with fewer z.
  bool has_image_frames = false;
  ZarrArray array;
  std::vector<Axis> axes;    ///< with sizes, scales, units and channel names; the last two are y x
  std::string channel = {};  ///< name of the one channel of an image without an axis c; "" = none
  std::vector<std::string> notices = {};  ///< what a user must know, one sentence each
};

/// \throws Error(invalid_pipeline) if `name` is not one that a label image can have.
void check_label_name(const std::string& name);
/// \throws Error(input_missing) naming the positions that there are, if this is none
void require_position(const ZarrHierarchy& store, const std::string& position);
/// \throws Error(input_missing) saying what there is instead: positions, labels, levels
FoundImage find_image(const ZarrHierarchy& store, const ImageChoice& choice);
/// Paths, from the root, of the images below the group at `base` if that is a plate, a well or a
/// series; at most `most`. Wells that are not there or cannot be read have none.
std::vector<std::string> image_paths(const ZarrHierarchy& store, const std::string& base,
                                     const NgffGroup& group, size_t most);
/// As image_paths() of the root, for those who number images: a well that is not there or cannot be
/// read keeps as many places as the first one that can be, and is named in `notices`.
std::vector<std::string> image_places(const ZarrHierarchy& store, const NgffGroup& root,
                                      size_t most, std::vector<std::string>& notices);

}  // namespace parfocal
