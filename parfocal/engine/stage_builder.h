#pragma once
/// Finds the rings that join the stages of one pass.

#include <map>
#include <memory>
#include <vector>

#include "parfocal/engine/parallel_stage.h"

namespace parfocal::engine {

using KeptRings = std::map<PortId, std::shared_ptr<Ring>>;

struct StageBuilder {
  const PassContext& context;
  int pass;
  const std::vector<std::shared_ptr<Ring>>& rings;
  const KeptRings& kept;

  /// Rings that the stage reads, one edge a ring; adds the readers.
  std::vector<Edge> edges_of(const StagePlan& stage) const;
  /// For each input of `node`, or each port of its operator: its edge, and what it reads of it.
  std::vector<EdgeInput> inputs_of(int node, const std::vector<Edge>& edges) const;
  /// Rings that the nodes of the stage write.
  std::vector<Ring*> outputs_of(const StagePlan& stage) const;
  /// Rings of each output port of one node.
  std::vector<std::vector<Ring*>> ports_of(int node) const;

 private:
  Ring* ring_of(int node, size_t input) const;
};

}  // namespace parfocal::engine
