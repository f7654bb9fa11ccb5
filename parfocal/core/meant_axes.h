#pragma once
/// Which axes of an image a word means: "time", "T" or "0" where t is meant.

#include <string>

#include "parfocal/core/layout.h"
#include "parfocal/core/raw_value.h"

namespace parfocal {

/// The letter of an axis that a word means: t of "time", "Frames" and "T", z of "slice", y of "row"
/// and "height"; other words as they are.
std::string axis_letter(const std::string& word);
/// The same of a parameter: of a word, each word of a list, the keys of a map.
RawValue with_axis_letters(RawValue raw);
/// "tczyx" of a parameter that names axes in their order: of TCZYX, [time, channel, z, y, x], "time
/// y x"; what does not end with y x, or is no axes, as it is.
RawValue with_joined_axes(RawValue raw);

/// What to write as `key` of a step on `layout` in place of `given`: "write over: t", "write
/// over: [y, x]" of "yx" where a list can stand; else `otherwise`, with the axes there are.
std::string axis_cure(const std::string& key, const std::string& given, const Layout& layout,
                      bool list, const std::string& otherwise);

}  // namespace parfocal
