#include "parfocal/operators/morphology/morphology.h"

namespace parfocal {

PARFOCAL_OPERATOR(erode) {
  return morphology::describe_morphology(
      morphology::Action::erode, "erode",
      "Shrinks objects by a footprint; in images: the smallest pixel under it.");
}

}  // namespace parfocal
