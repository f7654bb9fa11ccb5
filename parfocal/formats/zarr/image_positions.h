#pragma once
/// The images of a plate or series as one stream: positions of one size and type. One that cannot
/// be read, or is of another size, keeps its place and is a gap.

#include <optional>
#include <string>
#include <vector>

#include "parfocal/formats/zarr/image_lookup.h"

namespace parfocal {

struct ImagePositions {
  std::vector<std::string> names;                 ///< paths from the root, of all
  std::vector<std::optional<FoundImage>> images;  ///< of each; none: a gap
  size_t first = 0;                               ///< the first image that is no gap
  std::vector<std::string> notices;               ///< which are gaps and why; of the images
};

/// Opens every image of the store: of `choice`, all but the position counts. The size of most of
/// them is that of the stream. \throws Error(input_missing) if none can be read
ImagePositions find_positions(const ZarrHierarchy& store, ImageChoice choice);

}  // namespace parfocal
