#pragma once
/// Descriptions in the shape of other programs, put into ours.

#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/raw_value.h"

namespace parfocal {

/// `outputs:` for `sinks:`, steps as a map, `- gaussian: {sigma: 2 px}`, parameters in `params:`,
/// keys of the source beside it: each is told with what to write, and read as if it were written,
/// so that nothing that only follows from it is told too.
void mend_shape(RawValue& document, std::vector<Issue>& issues);

}  // namespace parfocal
