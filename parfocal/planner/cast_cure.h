#pragma once
/// What to add before a step whose input has pixels of another type, by ids and ports, so that what
/// is pasted is read by it.

#include <string>
#include <vector>

#include "parfocal/core/dtype.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal::planning {

/// `step`: whose input it is; `key`: of that input, "from" or a port; `from`: what it names now;
/// `main`: what the step's first input names, which is the step above where nothing was written.
struct WrongInput {
  std::string step;
  std::string key;
  std::string from;
  std::string main;
  DType given = DType::u8;
};

std::string dtype_cure(const Pipeline& pipeline, const WrongInput& input,
                       const std::vector<DType>& needed);
/// The same for a cure that an operator gives: "add a step before: {op: cast, dtype: float32}".
std::string connected_cure(const Pipeline& pipeline, const WrongInput& input,
                           const std::string& cure);

}  // namespace parfocal::planning
