#pragma once
/// Plans of small pipelines, for the planner's tests.

#include <stdexcept>
#include <string>

#include "parfocal/graph/yaml.h"
#include "parfocal/planner/machine.h"
#include "parfocal/planner/plan.h"

namespace parfocal {

inline std::string movie(int64_t t, int64_t side = 64, const std::string& more = "") {
  return "parfocal: 1\nsource: {type: generator, size: {t: " + std::to_string(t) + ", " + more +
         "y: " + std::to_string(side) + ", x: " + std::to_string(side) + "}, dtype: uint16}\n";
}
inline Plan planned(const std::string& text, PlanOptions options = {}) {
  if (options.threads == 0) options.threads = 2;
  if (options.out_dir.empty()) options.out_dir = "no-such-folder";
  return make_plan(parse_pipeline(text, ".", "test"), options);
}
/// A budget of `bytes` on top of what the process has now, which differs much under sanitizers.
inline PlanOptions with_memory(int64_t bytes) {
  PlanOptions options;
  options.memory_bytes = peak_rss_bytes() + bytes;
  return options;
}
inline const RingPlan& ring_of(const Plan& plan, const std::string& id, bool status = false) {
  for (const PassPlan& pass : plan.passes)
    for (const RingPlan& ring : pass.rings)
      if (plan.nodes[static_cast<size_t>(ring.port.node)].id == id && ring.status_only == status)
        return ring;
  throw std::runtime_error("no ring of " + id);
}
inline std::string stage_text(const Plan& plan, size_t pass) {
  std::string s;
  for (const StagePlan& stage : plan.passes[pass].stages) {
    s += s.empty() ? "" : " | ";
    for (size_t i = 0; i < stage.nodes.size(); ++i)
      s += (i ? "+" : "") + plan.nodes[static_cast<size_t>(stage.nodes[i])].id;
  }
  return s;
}
inline constexpr const char* kSaveLast = "sinks: [{type: ome_zarr, path: a.ome.zarr}]\n";

inline const NodePlan& node_of(const Plan& plan, const std::string& id) {
  for (const NodePlan& node : plan.nodes)
    if (node.id == id) return node;
  throw std::runtime_error("no node " + id);
}

}  // namespace parfocal
