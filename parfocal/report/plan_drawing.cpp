#include "parfocal/report/plan_drawing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "parfocal/planner/edge_bytes.h"
#include "parfocal/report/plan_layout.h"
#include "parfocal/report/svg_text.h"

namespace parfocal::report {
namespace {

constexpr size_t kMostName = 28, kMostWords = 42;  // characters that a box has room for

constexpr const char* kStyle = R"(  <style>
    :root { --ground: #ffffff; --ink: #1b1b1b; --pale: #4d4d4d; --line: #5c5c5c;
            --source: #dcebfb; --step: #f1f1f1; --sink: #dff2dc; }
    @media (prefers-color-scheme: dark) {
      :root { --ground: #16181c; --ink: #f2f2f2; --pale: #c4c8cf; --line: #9aa0a8;
              --source: #17324f; --step: #2a2d33; --sink: #1d3b1c; }
    }
    text { font: 12px system-ui, sans-serif; fill: var(--ink); }
    .name { font-weight: 600; font-size: 14px; }
    .pale { fill: var(--pale); }
    .ground { fill: var(--ground); }
    .box { stroke: var(--line); }
    .source { fill: var(--source); } .step { fill: var(--step); } .sink { fill: var(--sink); }
    path { fill: none; stroke: var(--line); stroke-width: 1.5; }
    .news { stroke-dasharray: 2 5; stroke-width: 1; }
  </style>
)";

const char* class_of(const NodePlan& node) {
  if (node.kind == NodeKind::source) return "source";
  return node.kind == NodeKind::sink || node.kind == NodeKind::observer ? "sink" : "step";
}

std::string output_text(const PortLayout& out) {
  if (out.kind == PortKind::table)
    return fmt::format("table of {} columns", out.table.columns.size());
  std::vector<int64_t> sizes;
  for (const Axis& axis : out.layout.item) sizes.push_back(axis.size);
  if (sizes.empty()) return "one number, " + std::string(dtype_name(out.layout.dtype));
  return fmt::format("{} {}", fmt::join(sizes, " x "), dtype_name(out.layout.dtype));
}

// "gaussian, 512 x 512 uint16"; of a sink, what it is.
std::string kind_text(const NodePlan& node, const Plan& plan) {
  std::string text = node.type == node.id ? "" : node.type;
  if (!node.outputs.empty()) text += (text.empty() ? "" : ", ") + output_text(node.outputs[0]);
  if (plan.passes.size() > 1 && node.kind != NodeKind::source)
    text += fmt::format(", pass {}", node.level + 1);
  return text;
}

std::string bytes_text(const Plan& plan, PortId port) {
  const auto edge = edge_bytes(plan, port);
  if (!edge) return "whether it is there";
  const std::string item = format_bytes(edge->item_bytes);
  if (edge->places == 0) return item + ", handed on";
  return fmt::format("{}, queue of {}{}: {}", item, edge->places, edge->scratch ? " on disk" : "",
                     format_bytes(edge->item_bytes * edge->places));
}

std::string text_at(int x, int y, const char* style, const std::string& text) {
  return fmt::format("    <text class=\"{}\" x=\"{}\" y=\"{}\">{}</text>\n", style, x, y,
                     xml_text(text));
}

std::string box_svg(const Plan& plan, size_t n, const NodeBox& box) {
  const NodePlan& node = plan.nodes[n];
  std::string s = fmt::format(
      "  <g>\n    <title>{}</title>\n    <rect class=\"box {}\" x=\"{}\" y=\"{}\" width=\"{}\" "
      "height=\"{}\" rx=\"6\"/>\n",
      xml_text(node.id), class_of(node), box.x, box.y, kBoxWidth, box.height);
  int y = box.y + kLineHeight + 2;
  s += text_at(box.x + 10, y, "name", shortened(node.id, kMostName));
  s += text_at(box.x + 10, y += kLineHeight, "pale", shortened(kind_text(node, plan), kMostWords));
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.is_witness(i)) continue;
    const std::string bytes = bytes_text(plan, node.inputs[i]);
    const std::string& from = plan.nodes[static_cast<size_t>(node.inputs[i].node)].id;
    const size_t room = kMostWords - std::min(kMostWords - 8, bytes.size() + 2);
    s += text_at(box.x + 10, y += kLineHeight, "in", shortened(from, room) + ": " + bytes);
  }
  return s + "  </g>\n";
}

// From the lower edge of what is read to the upper edge of the reader; behind the boxes.
std::string line_svg(const NodeBox& from, const NodeBox& to, size_t input, size_t inputs,
                     bool news) {
  const int x0 = from.x + kBoxWidth / 2, y0 = from.y + from.height;
  const int x1 = to.x + static_cast<int>((input + 1) * kBoxWidth / (inputs + 1)), y1 = to.y;
  return fmt::format("  <path{} d=\"M{} {}C{} {} {} {} {} {}\"/>\n", news ? " class=\"news\"" : "",
                     x0, y0, x0, y0 + kGap, x1, y1 - kGap, x1, y1);
}

std::string lines_svg(const Plan& plan, const PlanLayout& layout) {
  std::string s;
  for (size_t n = 0; n < plan.nodes.size(); ++n) {
    const NodePlan& node = plan.nodes[n];
    for (size_t i = 0; i < node.inputs.size(); ++i)
      s += line_svg(layout.boxes[static_cast<size_t>(node.inputs[i].node)], layout.boxes[n], i,
                    node.inputs.size(), node.is_witness(i));
  }
  return s;
}

}  // namespace

std::string plan_svg(const Plan& plan) {
  const PlanLayout layout = place_boxes(plan);
  std::string s = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{0}\" height=\"{1}\" "
      "viewBox=\"0 0 {0} {1}\">\n  <!-- {2} -->\n  <title>{3}</title>\n",
      layout.width, layout.height, kDrawingMark, xml_text(plan.pipeline.name));
  s += kStyle;
  s += fmt::format("  <rect class=\"ground\" width=\"{}\" height=\"{}\"/>\n", layout.width,
                   layout.height);
  s += "  <g>\n" + text_at(kMargin, kMargin + 14, "name", shortened(plan.pipeline.name, kMostName));
  s += text_at(kMargin, kMargin + 34, "pale",
               fmt::format("memory at most {} of {}", format_bytes(plan.peak_bytes),
                           format_bytes(plan.memory_bytes)));
  s += "  </g>\n" + lines_svg(plan, layout);
  for (size_t n = 0; n < plan.nodes.size(); ++n) s += box_svg(plan, n, layout.boxes[n]);
  return s + "</svg>\n";
}

}  // namespace parfocal::report
