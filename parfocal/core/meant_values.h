#pragma once
/// What a text may have been meant to be, by the kind of the field that it is written into.

#include <string>
#include <vector>

#include "parfocal/core/parameters.h"

namespace parfocal {

/// Ways to write what `raw` may mean, most likely first; which of them a field takes, its reader
/// says. "float" -> float32 of a dtype, "7" -> disk(7) of a footprint, "3:10" -> 3-10 of frames.
std::vector<RawValue> meant_values(const ParamInfo& info, const RawValue& raw);

}  // namespace parfocal
