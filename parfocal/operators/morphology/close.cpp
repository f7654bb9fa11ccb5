#include "parfocal/operators/morphology/morphology.h"

namespace parfocal {

PARFOCAL_OPERATOR(close) {
  return morphology::describe_morphology(
      morphology::Action::close, "close",
      "Dilates, then erodes: closes gaps smaller than the footprint.");
}

PARFOCAL_RULES(operators, close) { return morphology::morphology_rules(); }

}  // namespace parfocal
