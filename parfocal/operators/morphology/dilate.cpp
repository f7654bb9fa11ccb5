#include "parfocal/operators/morphology/morphology.h"

namespace parfocal {

PARFOCAL_OPERATOR(dilate) {
  return morphology::describe_morphology(
      morphology::Action::dilate, "dilate",
      "Grows objects by a footprint; in images: the largest pixel under it.");
}

PARFOCAL_RULES(operators, dilate) { return morphology::morphology_rules(); }

}  // namespace parfocal
