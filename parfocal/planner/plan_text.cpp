/// A plan for people: tables of bytes, decisions, and a drawing.

#include <fmt/format.h>

#include <algorithm>

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
  for (const PassPlan& pass : plan.passes)
    for (const RingPlan& ring : pass.rings)
      if (ring.port == port && !ring.status_only)
        return std::to_string(ring.capacity) + " x " + format_bytes(ring.item_bytes);
  for (const PassPlan& pass : plan.passes)
    for (const StagePlan& stage : pass.stages)
      for (const BufferPlan& buffer : stage.buffers)
        if (buffer.port == port) return "in slot, " + format_bytes(buffer.bytes);
  return "status";
}

// Until an item of a live stream is saved or shown, if the run keeps up with the source.
std::string lag_of(const Plan& plan, const NodePlan& end) {
  const Layout& source = plan.nodes[0].outputs[0].layout;
  const PortId in = end.inputs[0];
  const Layout& saved =
      plan.nodes[static_cast<size_t>(in.node)].outputs[static_cast<size_t>(in.port)].layout;
  if (end.level > 0) return fmt::format("when the stream has ended, in pass {}", end.level + 1);
  if (saved.find_stream(source.stream[0].name) < 0) return "when the stream has ended";
  if (end.lag_items == 0) return "at once";
  const Axis& inner = source.stream.back();
  const bool timed = source.stream.size() == 1 && inner.unit == "s";
  return fmt::format("{} frames behind the source", end.lag_items) +
         (timed ? fmt::format(", {:.3g} s", static_cast<double>(end.lag_items) * inner.scale) : "");
}

std::string lag_text(const Plan& plan) {
  std::vector<std::pair<std::string, std::string>> lags{{"live", "lag"}};
  for (const NodePlan& node : plan.nodes) {
    if (node.kind != NodeKind::sink && node.kind != NodeKind::observer) continue;
    const std::string from = plan.nodes[static_cast<size_t>(node.inputs[0].node)].id;
    const std::string step = from.substr(0, from.find('/'));  // of a recipe's part
    lags.emplace_back(node.internal ? node.id : step + " -> " + node.id, lag_of(plan, node));
  }
  size_t width = 0;
  for (const auto& [output, lag] : lags) width = std::max(width, output.size());
  std::string s = "\n";
  for (const auto& [output, lag] : lags) s += fmt::format("{:<{}}  {}\n", output, width, lag);
  return s;
}

}  // namespace

std::string plan_text(const Plan& plan, bool explain) {
  std::string s;
  if (explain)
    for (const std::string& line : plan.explain) s += line + "\n";
  if (explain) s += "\n";
  for (size_t p = 0; p < plan.passes.size(); ++p) {
    s += fmt::format("pass {} of {}\n", p + 1, plan.passes.size());
    for (const StagePlan& stage : plan.passes[p].stages)
      s += fmt::format("  {:<10} {}\n",
                       stage.ordered
                           ? kind_name(plan.nodes[static_cast<size_t>(stage.nodes[0])].kind)
                           : "parallel",
                       stage_name(plan, stage));
  }
  if (plan.live) s += lag_text(plan);
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
