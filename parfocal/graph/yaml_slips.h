#pragma once
/// What YAML reads as something else than its writer sees. Front-end internal.

#include <vector>

#include "parfocal/core/raw_value.h"

namespace parfocal {

/// Tells of decimal commas (`sigma: 1,5 px` in braces is a number and a key) and of blanks that are
/// missing behind a colon (`op:label` is a key), and puts `document` right, so that what else is
/// wrong can be told too.
void mend_slips(RawValue& document, std::vector<Issue>& issues);

}  // namespace parfocal
