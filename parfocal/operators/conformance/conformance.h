#pragma once
/// The conformance suite of the operator contract: registering is joining. It binds an operator's
/// example to synthesised inputs of every dtype and many sizes, and checks what operator.h
/// promises.

#include <string>
#include <vector>

#include "parfocal/core/operator_info.h"

namespace parfocal::conformance {

/// Everything wrong with an operator, each with the dtype, layout and step that showed it; empty if
/// it keeps its promises. `more`: further steps in flow YAML, beside the example. At most 20.
/// Switches the process between SIMD targets: run one suite at a time.
std::vector<std::string> conformance_problems(const OperatorInfo& info,
                                              const std::vector<std::string>& more = {});

}  // namespace parfocal::conformance
