/// A plan for people who want all of it: tables of bytes, decisions, and a flowchart.

#include <fmt/format.h>

#include <algorithm>

#include "parfocal/planner/edge_bytes.h"
#include "parfocal/planner/grouped.h"
#include "parfocal/planner/plan.h"

namespace parfocal {
namespace {

const char* kind_name(NodeKind kind) {
  constexpr const char* names[] = {"source", "map", "fold", "stream", "sink", "observer"};
  return names[static_cast<int>(kind)];
}

std::string stage_name(const Plan& plan, const StagePlan& stage) {
  std::string s;
  for (int n : stage.nodes) s += (s.empty() ? "" : " + ") + plan.nodes[static_cast<size_t>(n)].id;
  return s;
}

std::string edge_label(const Plan& plan, PortId port) {
  const auto edge = edge_bytes(plan, port);
  if (!edge) return "status";
  if (edge->places == 0) return "in slot, " + format_bytes(edge->item_bytes);
  return std::to_string(edge->places) + " x " + format_bytes(edge->item_bytes);
}

// What the images cost in each of the two ways to run steps over them.
std::string both_ways(const Plan& plan) {
  const Layout& source = plan.nodes[0].outputs[0].layout;
  const int64_t count = source.stream_count();
  int64_t all = 0;
  if (count < 0 || __builtin_mul_overflow(count, source.item_bytes(), &all)) return "";
  return fmt::format(
      "all images of a step at once (horizontal): {} bytes per step held; one image at a time "
      "(vertical): peak {} bytes\n\n",
      grouped(all), grouped(plan.peak_bytes));
}

}  // namespace

std::string plan_details(const Plan& plan) {
  std::string s = both_ways(plan);
  for (size_t p = 0; p < plan.passes.size(); ++p) {
    s += fmt::format("pass {} of {}\n", p + 1, plan.passes.size());
    for (const StagePlan& stage : plan.passes[p].stages)
      s += fmt::format("  {:<10} {}\n",
                       stage.ordered
                           ? kind_name(plan.nodes[static_cast<size_t>(stage.nodes[0])].kind)
                           : "parallel",
                       stage_name(plan, stage));
  }
  s += fmt::format("\n{:<28} {:>12}  {}\n", "holder", "bytes", "for");
  for (const Reservation& r : plan.reservations)
    if (r.bytes > 0)
      s += fmt::format(
          "{:<28} {:>12}  {}{}\n", r.holder, format_bytes(r.bytes), r.what,
          r.pass >= 0 && plan.passes.size() > 1 ? fmt::format(", pass {}", r.pass + 1) : "");
  s += fmt::format("\npeak {} of {}   {} workers   {}   disk {}\n", format_bytes(plan.peak_bytes),
                   format_bytes(plan.memory_bytes), plan.threads,
                   plan.tile.rank == 0 ? "whole items"
                                       : fmt::format("{} regions of {}x{}", plan.tile_count,
                                                     plan.tile.shape[0], plan.tile.shape[1]),
                   plan.disk_bytes > 0 ? format_bytes(plan.disk_bytes) : "not known");
  if (!plan.explain.empty()) s += "\n";
  for (const std::string& line : plan.explain) s += line + "\n";
  return s;
}

std::string plan_graph(const Plan& plan) {
  std::string s = "flowchart LR\n";
  for (size_t n = 0; n < plan.nodes.size(); ++n) {
    const NodePlan& node = plan.nodes[n];
    const bool end = node.kind == NodeKind::sink || node.kind == NodeKind::observer;
    s += fmt::format("  n{}{}\"{}{}\"{}\n", n, end ? "[(" : "[", node.id,
                     end || node.id == node.type ? "" : "<br/>" + node.type, end ? ")]" : "]");
  }
  for (size_t n = 0; n < plan.nodes.size(); ++n)
    for (size_t i = 0; i < plan.nodes[n].inputs.size(); ++i) {
      const NodePlan& node = plan.nodes[n];
      const bool witness = node.is_witness(i);
      s += fmt::format("  n{} {}|\"{}\"| n{}\n", node.inputs[i].node, witness ? "-.->" : "-->",
                       witness ? "status" : edge_label(plan, node.inputs[i]), n);
    }
  return s;
}

}  // namespace parfocal
