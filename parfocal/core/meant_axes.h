#pragma once
/// Which axes of an image a word means: "time", "T" or "0" where t is meant.

#include <string>

#include "parfocal/core/layout.h"

namespace parfocal {

/// What to write as `key` of a step on `layout` in place of `given`: "write over: t", "write
/// over: [y, x]" of "yx" where a list can stand; else `otherwise`, with the axes there are.
std::string axis_cure(const std::string& key, const std::string& given, const Layout& layout,
                      bool list, const std::string& otherwise);

}  // namespace parfocal
