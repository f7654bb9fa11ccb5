#pragma once
/// Which field an unknown key was to be.

#include <string>
#include <utility>
#include <vector>

#include "parfocal/core/parameters.h"

namespace parfocal {

struct MeantKey {
  std::vector<std::pair<std::string, RawValue>> fields;  ///< what to read in its place; may be none
  std::string cure;
};

/// What the keys of a description may be.
struct KnownKeys {
  std::string owner;  ///< "operators threshold"
  const ParamSet& fields;
  std::vector<std::string> names;  ///< of fields, inputs and what else stands there
  std::vector<std::string> steps;  ///< that its input can name; none where one is named
};

/// Of each unknown key of `params`, in order: what other programs call so, the nearest of the
/// names, else what is not given and can be read from the key's value, if that is one field or two.
std::vector<MeantKey> meant_keys(const KnownKeys& known, const RawValue& params);

}  // namespace parfocal
