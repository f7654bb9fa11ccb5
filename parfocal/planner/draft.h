#pragma once
/// What the planner's passes hand from one to the next. Internal to the planner.

#include <memory>
#include <vector>

#include "parfocal/planner/axes.h"
#include "parfocal/planner/binding.h"
#include "parfocal/planner/plan.h"

namespace parfocal::planning {

struct Draft {
  Plan plan;
  PlanOptions options;
  OpenSource source;
  std::vector<std::unique_ptr<Operator>> ops;
  std::vector<std::string> roots;    ///< per node: clock its items derive from
  std::vector<int64_t> node_pixels;  ///< per node: largest region of one item of port 0
  std::vector<char> kept;            ///< per node: its Value is read by a later pass
  std::vector<std::vector<NodeRegions>> regions;  ///< per step of the sweep, per node

  NodePlan& node(int n) { return plan.nodes[static_cast<size_t>(n)]; }
  const PortLayout& port(PortId id) const {
    return plan.nodes[static_cast<size_t>(id.node)].outputs[static_cast<size_t>(id.port)];
  }
  /// Bytes of one item of a port at the largest region of the sweep.
  int64_t item_bytes(PortId id) const;
  bool is_live(int pass) const { return plan.live && pass == 0; }
  void explain(std::string line) { plan.explain.push_back(std::move(line)); }
};

/// Named passes of the planner, in this order.
void resolve_layouts(Draft& draft);  ///< nodes, recipes expanded, layouts, frames.csv
void split_passes(Draft& draft);     ///< NodePlan::level, ::cut
void choose_regions(Draft& draft, const Region& tile);  ///< largest regions of a sweep
void build_stages(Draft& draft);                        ///< PassPlan::stages without bytes
void size_queues(Draft& draft, int64_t window);         ///< PassPlan::rings
void place_scratch(Draft& draft, int threads);          ///< RingPlan::scratch
void reserve(Draft& draft, int threads);  ///< buffers, slots, states, reservations, peak

/// What the planner says for the pipeline, threads, window and tile of `plan`. \throws Error
Plan replan(const Plan& plan);

/// Bytes of the large Value of `ring` that pass `pass` has in memory, -1 if all of them must be:
/// what its writer and its readers touch at once, and what the system adds.
int64_t scratch_window(const Draft& draft, const RingPlan& ring, size_t pass, int threads);
/// True if every step and every sink takes regions of items.
bool is_tileable(const Draft& draft);
/// True if input `i` of node `v` is read from a Value kept by an earlier pass.
bool reads_kept_value(const Draft& draft, int v, size_t i, int pass);

}  // namespace parfocal::planning
