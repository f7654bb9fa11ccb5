#include "parfocal/engine/stage_builder.h"

#include <algorithm>

#include "parfocal/planner/axes.h"

namespace parfocal::engine {

// A Value kept by an earlier pass, or a ring of this one. Witnesses read the status ring.
Ring* StageBuilder::ring_of(int node, size_t input) const {
  const NodePlan& plan = context.plan.nodes[static_cast<size_t>(node)];
  const PortId in = plan.inputs[input];
  const bool witness = plan.is_witness(input);
  for (const auto& ring : rings)
    if (ring->plan().port == in && ring->plan().status_only == witness) return ring.get();
  const auto it = kept.find(in);
  return it == kept.end() ? nullptr : it->second.get();
}

std::vector<Edge> StageBuilder::edges_of(const StagePlan& stage) const {
  const int main_node = stage.nodes[0];
  const NodePlan& first = context.plan.nodes[static_cast<size_t>(main_node)];
  const auto layout_of = [&](PortId id) -> const Layout& {
    return context.plan.nodes[static_cast<size_t>(id.node)]
        .outputs[static_cast<size_t>(id.port)]
        .layout;
  };
  const Layout& clock =
      first.kind == NodeKind::source ? first.outputs[0].layout : layout_of(first.inputs[0]);
  std::vector<Edge> edges;
  for (int n : stage.nodes) {
    const NodePlan& node = context.plan.nodes[static_cast<size_t>(n)];
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      if (std::find(stage.nodes.begin(), stage.nodes.end(), node.inputs[i].node) !=
          stage.nodes.end())
        continue;
      Ring* ring = ring_of(n, i);
      const bool known =
          std::any_of(edges.begin(), edges.end(), [&](const Edge& e) { return e.ring == ring; });
      if (known) continue;
      Edge edge;
      edge.ring = ring;
      edge.reader = ring->add_reader();
      edge.map = sequence_map(clock, layout_of(node.inputs[i]));
      edge.main = edge.map.identity;
      edges.push_back(edge);
    }
  }
  return edges;
}

std::vector<EdgeInput> StageBuilder::inputs_of(int node, const std::vector<Edge>& edges) const {
  const NodePlan& plan = context.plan.nodes[static_cast<size_t>(node)];
  const auto& op = context.ops[static_cast<size_t>(node)];
  std::vector<EdgeInput> result(op ? op->inputs().size() : plan.inputs.size());
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    const Ring* ring = ring_of(node, i);
    for (size_t e = 0; e < edges.size(); ++e)
      if (edges[e].ring == ring)
        result.at(plan.place_of(i)) = {static_cast<int>(e), context.own_part(node, i)};
  }
  return result;
}

std::vector<Ring*> StageBuilder::outputs_of(const StagePlan& stage) const {
  std::vector<Ring*> result;
  for (int n : stage.nodes)
    for (const auto& ring : rings)
      if (ring->plan().port.node == n) result.push_back(ring.get());
  return result;
}

std::vector<std::vector<Ring*>> StageBuilder::ports_of(int node) const {
  std::vector<std::vector<Ring*>> result(
      context.plan.nodes[static_cast<size_t>(node)].outputs.size());
  for (const auto& ring : rings)
    if (ring->plan().port.node == node)
      result[static_cast<size_t>(ring->plan().port.port)].push_back(ring.get());
  return result;
}

}  // namespace parfocal::engine
