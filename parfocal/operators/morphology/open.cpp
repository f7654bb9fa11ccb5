#include "parfocal/operators/morphology/morphology.h"

namespace parfocal {

PARFOCAL_OPERATOR(open) {
  return morphology::describe_morphology(
      morphology::Action::open, "open",
      "Erodes, then dilates: removes what is smaller than the footprint.");
}

PARFOCAL_RULES(operators, open) { return morphology::morphology_rules(); }

}  // namespace parfocal
