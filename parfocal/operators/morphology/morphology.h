#pragma once
/// What erode, dilate, open and close share: one operator that does one step or two.

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/operators/morphology/footprint_spec.h"

namespace parfocal::morphology {

enum class Action : uint8_t { erode, dilate, open, close };

struct MorphologyParams {
  FootprintSpec footprint;
};

/// Binds an action to images of bool (outside of the image counts as nothing, so that objects at
/// the border keep their shape) or of u8, u16, f32 (reflecting border). Planes of two item axes;
/// leading item axes are walked.
std::unique_ptr<Operator> make_morphology(Action action, const std::any& params,
                                          std::span<const PortLayout> inputs);

/// The registration block and the rules of an action.
OperatorInfo describe_morphology(Action action, std::string name, std::string summary);
RuleSet morphology_rules();

}  // namespace parfocal::morphology
