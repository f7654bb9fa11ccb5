#pragma once
/// Where the boxes of a drawn plan lie. Internal to report.

#include <vector>

#include "parfocal/planner/plan.h"

namespace parfocal::report {

inline constexpr int kBoxWidth = 270, kGap = 36, kMargin = 20;
inline constexpr int kTitleHeight = 48;  ///< above all boxes
inline constexpr int kLineHeight = 18;

/// The box of one node; lengths in px.
struct NodeBox {
  int x = 0, y = 0, height = 0;
  int level = 0;  ///< steps of the longest way from the source
};
struct PlanLayout {
  std::vector<NodeBox> boxes;  ///< by node
  int width = 0, height = 0;   ///< of the whole
};

/// Each node below all that it reads, those of a level side by side, in the order of what they
/// read. Boxes never overlap.
PlanLayout place_boxes(const Plan& plan);

}  // namespace parfocal::report
