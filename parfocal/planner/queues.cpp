/// Planner pass "place queues": the capacity of every ring, such that nothing can deadlock.
///
/// All streams of one root move at known relative rates. For every port we bound, in items of its
/// root, how much later than the root item an output item may appear (late) and how much earlier
/// (early). A stage that joins several ports waits for the latest, so each of its rings must hold
/// what arrives in between: capacity >= base + (latest of the join - earliest of the port) / items
/// per port item. With that, the oldest item can always move: waits point downstream only.

#include <algorithm>
#include <map>

#include "parfocal/planner/draft.h"

namespace parfocal::planning {
namespace {

struct Lag {
  int64_t early = 0, late = 0;
  int64_t ratio = 1;  // root items per item of the port
};

class Sizer {
 public:
  Sizer(Draft& draft, size_t pass, int64_t window) : draft_(draft), pass_(pass), window_(window) {}

  void run() {
    PassPlan& pass = draft_.plan.passes[pass_];
    pass.rings.clear();
    for (size_t s = 0; s < pass.stages.size(); ++s)
      for (int n : pass.stages[s].nodes) stage_of_[n] = s;
    for (const StagePlan& stage : pass.stages)
      for (int n : stage.nodes) set_lag(n);
    for (const StagePlan& stage : pass.stages) add_readers(stage);
    for (const StagePlan& stage : pass.stages)
      for (int n : stage.nodes) add_rings(n);
  }

 private:
  const NodePlan& node(int n) const { return draft_.plan.nodes[static_cast<size_t>(n)]; }
  const Operator& op(int n) const { return *draft_.ops[static_cast<size_t>(n)]; }

  void set_lag(int n) {
    Lag in;
    bool first = true;
    for (size_t i = 0; i < node(n).inputs.size(); ++i) {
      if (reads_kept_value(draft_, n, i, static_cast<int>(pass_))) continue;
      const Lag& other = lag_[node(n).inputs[i].node];
      if (first) in.ratio = other.ratio;
      in.early = first ? other.early : std::max(in.early, other.early);
      in.late = first ? other.late : std::max(in.late, other.late);
      first = false;
    }
    lag_[n] = draft_.ops[static_cast<size_t>(n)] ? after_operator(n, in) : in;
    if (node(n).level == static_cast<int>(pass_))
      draft_.plan.nodes[static_cast<size_t>(n)].lag_items = lag_[n].late;
  }

  Lag after_operator(int n, Lag lag) const {
    const NodePlan& plan = node(n);
    if (plan.kind == NodeKind::map || plan.in_item) return lag;
    const Layout& in = draft_.port(plan.inputs[0]).layout;
    const Layout& out = plan.outputs[0].layout;
    if (out.clock != in.clock) return {};
    if (plan.kind == NodeKind::stream && static_cast<const StreamOperator&>(op(n)).keeps_clock()) {
      const auto& stream = static_cast<const StreamOperator&>(op(n));
      lag.late += stream.latency() * epochs_of(in, stream.over()).inner * lag.ratio;
      return lag;
    }
    std::vector<std::string> dropped;
    int64_t folded = 1;
    for (const Axis& axis : in.stream)
      if (out.find_stream(axis.name) < 0) {
        dropped.push_back(axis.name);
        folded *= axis.size;
      }
    const int64_t span = epochs_of(in, dropped).items;
    if (span == kUnbounded) return {};  // complete at the end only: nothing joins it in this pass
    return {lag.early - span * lag.ratio, lag.late + span * lag.ratio,
            lag.ratio * std::max<int64_t>(1, folded)};
  }

  // For each port: the latest arrival among the joins that read it (0 joins: nothing to wait for).
  void add_readers(const StagePlan& stage) {
    std::map<std::pair<PortId, bool>, bool> inputs;
    for (int n : stage.nodes)
      for (size_t i = 0; i < node(n).inputs.size(); ++i) {
        const PortId in = node(n).inputs[i];
        if (reads_kept_value(draft_, n, i, static_cast<int>(pass_))) continue;
        const auto it = stage_of_.find(in.node);
        if (it != stage_of_.end() && &draft_.plan.passes[pass_].stages[it->second] == &stage)
          continue;
        inputs[{in, node(n).is_witness(i)}] = true;
      }
    int64_t late = 0;
    for (const auto& [key, used] : inputs) late = std::max(late, lag_.at(key.first.node).late);
    for (const auto& [key, used] : inputs) {
      int64_t& extra = extra_.try_emplace(key, 0).first->second;
      const Lag& lag = lag_.at(key.first.node);
      if (inputs.size() > 1)
        extra = std::max(extra, (late - lag.early + lag.ratio - 1) / lag.ratio);
    }
  }

  void add_rings(int n) {
    const NodePlan& plan = node(n);
    for (size_t p = 0; p < plan.outputs.size(); ++p) {
      const PortId id{n, static_cast<int>(p)};
      const bool kept = draft_.kept[static_cast<size_t>(n)] &&
                        plan.level == static_cast<int>(pass_) && is_read_later(id);
      // A live source, a fold or a stream writes every port, read or not; maps have their slot for
      // what nobody queues.
      const bool live = plan.kind == NodeKind::source && draft_.is_live(static_cast<int>(pass_));
      const bool writes_rings =
          live || plan.kind == NodeKind::stream || (plan.kind == NodeKind::fold && !plan.in_item);
      if (kept || writes_rings || extra_.count({id, false})) add_ring(id, false, kept);
      if (extra_.count({id, true})) add_ring(id, true, false);
    }
  }

  bool is_read_later(PortId id) const {
    for (size_t v = 0; v < draft_.plan.nodes.size(); ++v)
      for (size_t i = 0; i < node(static_cast<int>(v)).inputs.size(); ++i)
        for (size_t p = pass_ + 1; p < draft_.plan.passes.size(); ++p)
          if (node(static_cast<int>(v)).inputs[i] == id &&
              reads_kept_value(draft_, static_cast<int>(v), i, static_cast<int>(p)))
            return true;
    return false;
  }

  void add_ring(PortId id, bool status_only, bool kept) {
    RingPlan ring;
    ring.port = id;
    ring.status_only = status_only;
    ring.retained = kept;
    ring.item_bytes = status_only ? 0 : draft_.item_bytes(id);
    const NodePlan& plan = node(id.node);
    // A live source needs a second place: lost frames are told only by the next frame's number.
    const int64_t fewest =
        plan.kind == NodeKind::source && draft_.is_live(static_cast<int>(pass_)) ? 2 : 1;
    const int64_t emit = plan.kind == NodeKind::stream
                             ? static_cast<const StreamOperator&>(op(id.node)).max_emit()
                             : fewest;
    const auto extra = extra_.find({id, status_only});
    const int64_t joined = extra == extra_.end() ? 0 : extra->second;
    const int64_t count = plan.outputs[static_cast<size_t>(id.port)].layout.stream_count();
    ring.capacity = std::max(emit, window_) + joined;
    if (count != kUnbounded) ring.capacity = std::max(emit, std::min(ring.capacity, count));
    if (kept) ring.capacity = std::max<int64_t>(emit, count);
    ring.why = kept ? "a Value kept for later passes"
                    : "window " + std::to_string(window_) +
                          (joined ? ", join " + std::to_string(joined) : "") +
                          (emit > 1 ? ", emits " + std::to_string(emit) : "");
    draft_.plan.passes[pass_].rings.push_back(std::move(ring));
  }

  Draft& draft_;
  size_t pass_;
  int64_t window_;
  std::map<int, size_t> stage_of_;
  std::map<int, Lag> lag_;
  std::map<std::pair<PortId, bool>, int64_t> extra_;
};

}  // namespace

void size_queues(Draft& draft, int64_t window) {
  for (size_t p = 0; p < draft.plan.passes.size(); ++p) Sizer(draft, p, window).run();
}

}  // namespace parfocal::planning
