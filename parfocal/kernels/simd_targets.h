#pragma once

#include <string>

#include "hwy/targets.h"

namespace parfocal::kernels {

/// Runs `body(name)` once for each SIMD target that this machine can run and the kernels have code
/// for, then restores the best one. For tests: it switches the whole process.
template <class Body>
void for_each_simd_target(Body&& body) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    body(std::string(hwy::TargetName(target)));
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace parfocal::kernels
