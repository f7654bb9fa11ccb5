#include "parfocal/operators/morphology/morphology.h"

namespace parfocal {

PARFOCAL_OPERATOR(erode) {
  return morphology::describe_morphology(
      morphology::Action::erode, "erode",
      "Shrinks objects by a footprint; in images: the smallest pixel under it.");
}

PARFOCAL_RULES(operators, erode) { return morphology::morphology_rules(); }

}  // namespace parfocal
