#include "parfocal/report/plan_layout.h"

#include <algorithm>

namespace parfocal::report {
namespace {

// Its name, what it is, and a line for each thing that comes in.
int height_of(const NodePlan& node) {
  int lines = 2;
  for (size_t i = 0; i < node.inputs.size(); ++i) lines += !node.is_witness(i);
  return 16 + lines * kLineHeight;
}

void find_levels(const Plan& plan, std::vector<NodeBox>& boxes) {
  // In most plans what is read stands first, and one round is enough.
  bool changed = true;
  for (size_t round = 0; changed && round < plan.nodes.size(); ++round) {
    changed = false;
    for (size_t n = 0; n < plan.nodes.size(); ++n)
      for (const PortId& in : plan.nodes[n].inputs) {
        const int below = boxes[static_cast<size_t>(in.node)].level + 1;
        if (boxes[n].level >= below) continue;
        boxes[n].level = below;
        changed = true;
      }
  }
}

// The middle of what a node reads; those levels are placed already.
int pull_of(const NodePlan& node, const std::vector<NodeBox>& boxes) {
  int sum = 0;
  for (const PortId& in : node.inputs) sum += boxes[static_cast<size_t>(in.node)].x;
  return node.inputs.empty() ? 0 : sum / static_cast<int>(node.inputs.size());
}

}  // namespace

PlanLayout place_boxes(const Plan& plan) {
  PlanLayout layout;
  layout.boxes.resize(plan.nodes.size());
  find_levels(plan, layout.boxes);
  std::vector<std::vector<size_t>> levels;
  for (size_t n = 0; n < plan.nodes.size(); ++n) {
    const auto level = static_cast<size_t>(layout.boxes[n].level);
    levels.resize(std::max(levels.size(), level + 1));
    levels[level].push_back(n);
  }
  size_t most = 1;
  for (const auto& level : levels) most = std::max(most, level.size());
  layout.width = static_cast<int>(most) * (kBoxWidth + kGap) - kGap + 2 * kMargin;
  int y = kMargin + kTitleHeight;
  for (auto& level : levels) {
    std::stable_sort(level.begin(), level.end(), [&](size_t a, size_t b) {
      return pull_of(plan.nodes[a], layout.boxes) < pull_of(plan.nodes[b], layout.boxes);
    });
    int x = (layout.width - static_cast<int>(level.size()) * (kBoxWidth + kGap) + kGap) / 2;
    int highest = 0;
    for (const size_t n : level) {
      NodeBox& box = layout.boxes[n];
      box.x = x;
      box.y = y;
      box.height = height_of(plan.nodes[n]);
      highest = std::max(highest, box.height);
      x += kBoxWidth + kGap;
    }
    y += highest + kGap;
  }
  layout.height = y - kGap + kMargin;
  return layout;
}

}  // namespace parfocal::report
