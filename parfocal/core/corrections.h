#pragma once
/// What to write in place of a value that cannot be read: what was meant, where that can be seen.

#include <functional>
#include <string>

#include "parfocal/core/parameters.h"

namespace parfocal {

/// Whether a value can be read, and is in range.
using Accepts = std::function<bool(const RawValue&)>;

/// A value of the field that can be pasted.
std::string example_of(const ParamInfo& info);
struct Correction {
  std::string text;         ///< a value that can be pasted
  bool is_example = false;  ///< what was meant is not to be seen: one of many values that fit
};
/// What was meant: the number that was given with the unit of the field, the nearest words, letters
/// without a list, a map or list with its wrong entries put right. Else an example.
Correction corrected(const ParamInfo& info, const RawValue& raw, const Accepts& accepts);

}  // namespace parfocal
