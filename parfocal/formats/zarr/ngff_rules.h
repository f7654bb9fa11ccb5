#pragma once
/// The rules of OME-NGFF 0.4 and 0.5 (ngff.openmicroscopy.org): what others' readers rely on.

#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/formats/zarr/hierarchy.h"

namespace parfocal {

enum class NgffKind : uint8_t { image, label, plate, well };

/// One rule that is not kept. `must`: the specification says MUST; else SHOULD.
struct NgffFinding {
  bool must = true;
  std::string where;  ///< "/multiscales/0/axes/1", after the file where several are checked
  std::string what;
};

/// What one group's metadata breaks: the text of zarr.json (0.5) or of .zattrs (0.4). `kinds`: what
/// it has to be; empty = whatever it says that it is. \throws Error(input_missing) if it is no JSON
std::vector<NgffFinding> check_ngff(std::string_view text, int zarr_format,
                                    const std::vector<NgffKind>& kinds = {});
/// All groups below the root: images with their arrays, labels, plates, wells. Stops after 1,000
/// findings. \throws Error(input_missing) if there is no group at the root
std::vector<NgffFinding> check_ngff(const ZarrHierarchy& store);

}  // namespace parfocal
