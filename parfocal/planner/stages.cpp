/// Planner passes "share reads", "fuse" and "place queues": nodes -> stages joined by bounded
/// queues.

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>

#include "parfocal/planner/draft.h"

namespace parfocal::planning {
namespace {

bool is_ordered(const NodePlan& node) {
  return node.kind == NodeKind::stream || node.kind == NodeKind::sink ||
         node.kind == NodeKind::observer || (node.kind == NodeKind::fold && !node.in_item);
}

bool same_clock(const Layout& a, const Layout& b) {
  return a.stream == b.stream && a.clock == b.clock;
}

// A small Value is kept for later passes; a stream is computed again from the source.
bool keeps_value(const Draft& draft, int n) {
  const NodePlan& node = draft.plan.nodes[static_cast<size_t>(n)];
  const int64_t count = node.outputs[0].layout.stream_count();
  const int64_t source = draft.plan.nodes[0].outputs[0].layout.stream_count();
  if (count == kUnbounded || node.kind == NodeKind::source) return false;
  return (source == kUnbounded || count < source) &&
         count * node.outputs[0].item_bytes() <= draft.plan.memory_bytes / 8;
}

class Builder {
 public:
  Builder(Draft& draft, int pass) : draft_(draft), pass_(pass), nodes_(draft.plan.nodes) {}

  void run() {
    find_active();
    find_depth();
    group();
    sort_stages();
  }

 private:
  // Targets of this pass (ends, and Values that later passes read) and everything they need from
  // the source. Passes are built from the last to the first, so what later passes read is known
  // here.
  void find_active() {
    active_.assign(nodes_.size(), 0);
    for (size_t n = nodes_.size(); n-- > 0;) {
      const NodePlan& node = nodes_[n];
      const bool end = node.kind == NodeKind::sink || node.kind == NodeKind::observer;
      if (node.level == pass_ && (end || draft_.kept[n])) active_[n] = 1;
      for (size_t i = 0; active_[n] && i < node.inputs.size(); ++i) {
        const size_t u = static_cast<size_t>(node.inputs[i].node);
        (reads_kept_value(draft_, static_cast<int>(n), i, pass_) ? draft_.kept : active_)[u] = 1;
      }
    }
  }

  // Number of ordered nodes on the way from the source: fused groups never reach across one.
  void find_depth() {
    depth_.assign(nodes_.size(), 0);
    for (size_t n = 0; n < nodes_.size(); ++n)
      for (size_t i = 0; active_[n] && i < nodes_[n].inputs.size(); ++i) {
        const size_t u = static_cast<size_t>(nodes_[n].inputs[i].node);
        if (!active_[u]) continue;
        const bool after_ordered = is_ordered(nodes_[u]) || (u == 0 && draft_.is_live(pass_));
        depth_[n] = std::max(depth_[n], depth_[u] + (after_ordered ? 1 : 0));
      }
  }

  size_t root_of(size_t n) {
    while (group_[n] != n) n = group_[n] = group_[group_[n]];
    return n;
  }

  // Fuses maps of one clock and depth that touch; all of depth 0 share the read of the source.
  void group() {
    group_.resize(nodes_.size());
    std::iota(group_.begin(), group_.end(), size_t{0});
    for (size_t n = 1; draft_.options.fuse && n < nodes_.size(); ++n) {
      if (!active_[n] || is_ordered(nodes_[n])) continue;
      for (const PortId in : nodes_[n].inputs) {
        const size_t u = static_cast<size_t>(in.node);
        const bool fusable = active_[u] && !is_ordered(nodes_[u]) &&
                             !(u == 0 && draft_.is_live(pass_)) && depth_[u] == depth_[n] &&
                             same_clock(draft_.port(in).layout, nodes_[n].outputs[0].layout);
        if (fusable) group_[root_of(n)] = root_of(u);
      }
    }
    std::map<size_t, StagePlan> stages;
    for (size_t n = 0; n < nodes_.size(); ++n) {
      if (!active_[n]) continue;
      StagePlan& stage = stages[root_of(n)];
      stage.nodes.push_back(static_cast<int>(n));
      stage.ordered = is_ordered(nodes_[n]);
    }
    for (auto& [root, stage] : stages) stages_.push_back(std::move(stage));
  }

  void sort_stages() {
    std::map<int, size_t> stage_of;
    for (size_t s = 0; s < stages_.size(); ++s)
      for (int n : stages_[s].nodes) stage_of[n] = s;
    std::vector<char> placed(stages_.size(), 0);
    auto& out = draft_.plan.passes[static_cast<size_t>(pass_)].stages;
    out.clear();
    const auto ready = [&](size_t s) {
      for (int n : stages_[s].nodes)
        for (const PortId in : nodes_[static_cast<size_t>(n)].inputs) {
          const auto it = stage_of.find(in.node);
          if (it != stage_of.end() && it->second != s && !placed[it->second]) return false;
        }
      return true;
    };
    while (out.size() < stages_.size()) {
      const size_t before = out.size();
      for (size_t s = 0; s < stages_.size(); ++s)
        if (!placed[s] && ready(s)) {
          placed[s] = 1;
          out.push_back(stages_[s]);
        }
      if (out.size() == before) throw std::logic_error("stages wait for each other in a circle");
    }
  }

  Draft& draft_;
  int pass_;
  const std::vector<NodePlan>& nodes_;
  std::vector<char> active_;
  std::vector<int> depth_;
  std::vector<size_t> group_;
  std::vector<StagePlan> stages_;
};

}  // namespace

bool reads_kept_value(const Draft& draft, int v, size_t i, int pass) {
  const NodePlan& node = draft.plan.nodes[static_cast<size_t>(v)];
  const int u = node.inputs[i].node;
  return node.cut[i] ||
         (draft.plan.nodes[static_cast<size_t>(u)].level < pass && keeps_value(draft, u));
}

void build_stages(Draft& draft) {
  draft.kept.assign(draft.plan.nodes.size(), 0);
  for (size_t p = draft.plan.passes.size(); p-- > 0;) Builder(draft, static_cast<int>(p)).run();
  for (size_t p = 0; p < draft.plan.passes.size(); ++p) {
    for (const StagePlan& stage : draft.plan.passes[p].stages) {
      std::string names;
      for (int n : stage.nodes) names += (names.empty() ? "" : " + ") + draft.node(n).id;
      draft.explain("fuse: pass " + std::to_string(p) +
                    (stage.ordered ? ", in order: " : ", any order: ") + names);
    }
  }
}

}  // namespace parfocal::planning
