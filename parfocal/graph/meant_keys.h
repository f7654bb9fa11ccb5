#pragma once
/// Which field an unknown key was to be.

#include <string>
#include <vector>

#include "parfocal/core/parameters.h"

namespace parfocal {

struct MeantKey {
  std::string field;  ///< of `fields`; "" where it is not known
  std::string cure;
};

/// Of each unknown key of `params`, in order: the nearest of `names`, else what is not given and
/// can be read from the key's value, if that is one field or two.
std::vector<MeantKey> meant_keys(const ParamSet& fields, const RawValue& params,
                                 const std::vector<std::string>& names);

}  // namespace parfocal
