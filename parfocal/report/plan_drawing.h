#pragma once
/// A plan as a picture: what is connected, and the bytes that lie between.

#include <string>

#include "parfocal/planner/plan.h"

namespace parfocal::report {

/// Stands at the beginning of every drawing: such a file may be replaced by another.
inline constexpr const char* kDrawingMark = "drawn by parfocal plan";

/// The source, the steps and the sinks as boxes, each below what it reads; in each, what comes in:
/// from whom, the bytes of one item and of its queue. One SVG without scripts or foreign fonts,
/// readable on light and dark ground. Thread-safe.
std::string plan_svg(const Plan& plan);

}  // namespace parfocal::report
