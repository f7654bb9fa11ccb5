/// Planner pass "reserve": every byte has a holder; the peak is the sum over holders of one pass.

#include <algorithm>

#include "parfocal/planner/draft.h"

namespace parfocal::planning {
namespace {

constexpr int64_t kAlign = 64;
int64_t aligned(int64_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

// Linear scan over the nodes of a fused stage, as a compiler places registers: a buffer's place is
// free again after its last reader in the stage.
class SlotBuilder {
 public:
  SlotBuilder(Draft& draft, PassPlan& pass, StagePlan& stage)
      : draft_(draft), pass_(pass), stage_(stage) {}

  void run() {
    stage_.buffers.clear();
    int64_t scratch = 0;
    for (size_t k = 0; !stage_.ordered && k < stage_.nodes.size(); ++k) {
      const int n = stage_.nodes[k];
      const NodePlan& node = draft_.node(n);
      for (size_t p = 0; p < node.outputs.size(); ++p) place({n, static_cast<int>(p)}, k);
      scratch = std::max(scratch, scratch_of(n));
    }
    stage_.scratch_offset = top_;
    stage_.slot_bytes = top_ + aligned(scratch);
  }

 private:
  struct Span {
    int64_t offset, bytes;
    size_t last;  // index in the stage of the last reader
  };

  bool has_data_ring(PortId id) const {
    return std::any_of(pass_.rings.begin(), pass_.rings.end(),
                       [&](const RingPlan& r) { return r.port == id && !r.status_only; });
  }

  size_t last_use(PortId id, size_t k) const {
    size_t last = k;
    for (size_t j = k + 1; j < stage_.nodes.size(); ++j) {
      const auto& inputs = draft_.node(stage_.nodes[j]).inputs;
      if (std::find(inputs.begin(), inputs.end(), id) != inputs.end()) last = j;
    }
    return last;
  }

  void place(PortId id, size_t k) {
    if (has_data_ring(id)) return;
    const int64_t bytes = aligned(draft_.item_bytes(id));
    const size_t last = last_use(id, k);
    if (const int64_t shared = in_place_offset(id, k, bytes); shared >= 0) {
      spans_.push_back({shared, bytes, last});
      stage_.buffers.push_back({id, shared, bytes});
      return;
    }
    int64_t offset = 0;
    for (bool moved = true; moved;) {
      moved = false;
      for (const Span& s : spans_)
        if (s.last >= k && offset < s.offset + s.bytes && s.offset < offset + bytes) {
          offset = s.offset + s.bytes;
          moved = true;
        }
    }
    spans_.push_back({offset, bytes, last});
    stage_.buffers.push_back({id, offset, bytes});
    top_ = std::max(top_, offset + bytes);
  }

  // Output 0 may take over the place of an input that nobody reads any more.
  int64_t in_place_offset(PortId id, size_t k, int64_t bytes) const {
    const NodePlan& node = draft_.node(id.node);
    if (node.kind != NodeKind::map || id.port != 0) return -1;
    const int port =
        static_cast<const MapOperator&>(*draft_.ops[static_cast<size_t>(id.node)]).in_place();
    const auto at = std::find(node.ports.begin(), node.ports.end(), port);
    if (at == node.ports.end()) return -1;
    const PortId from = node.inputs[static_cast<size_t>(at - node.ports.begin())];
    if (std::count(node.inputs.begin(), node.inputs.end(), from) > 1) return -1;
    if (!is_read_as_made(from, id)) return -1;
    for (size_t b = 0; b < stage_.buffers.size(); ++b)
      if (stage_.buffers[b].port == from && spans_[b].last == k && stage_.buffers[b].bytes == bytes)
        return stage_.buffers[b].offset;
    return -1;
  }

  // In every step of the sweep the input holds just the pixels that the output needs.
  bool is_read_as_made(PortId from, PortId id) const {
    return std::all_of(draft_.regions.begin(), draft_.regions.end(), [&](const auto& regions) {
      return regions[static_cast<size_t>(from.node)].output ==
             regions[static_cast<size_t>(id.node)].output;
    });
  }

  int64_t scratch_of(int n) const {
    const NodePlan& node = draft_.node(n);
    int64_t most = 0;
    if (!draft_.ops[static_cast<size_t>(n)]) return 0;
    for (const auto& regions : draft_.regions) {
      const Region& out = regions[static_cast<size_t>(n)].output;
      if (node.kind == NodeKind::map)
        most = std::max(most, static_cast<const MapOperator&>(*draft_.ops[static_cast<size_t>(n)])
                                  .scratch_bytes(out));
      if (node.kind == NodeKind::fold)
        most = std::max(most, static_cast<const FoldOperator&>(*draft_.ops[static_cast<size_t>(n)])
                                  .state_bytes(regions[static_cast<size_t>(n)].inputs[0]));
    }
    return most;
  }

  Draft& draft_;
  PassPlan& pass_;
  StagePlan& stage_;
  std::vector<Span> spans_;
  int64_t top_ = 0;
};

// Bytes of one state, at the largest region of the sweep.
int64_t state_bytes_of(const Draft& draft, int n) {
  const NodePlan& node = draft.plan.nodes[static_cast<size_t>(n)];
  const Operator& op = *draft.ops[static_cast<size_t>(n)];
  int64_t most = 0;
  for (const auto& regions : draft.regions) {
    const Region& in = regions[static_cast<size_t>(n)].inputs[0];
    most = std::max(most, node.kind == NodeKind::fold
                              ? static_cast<const FoldOperator&>(op).state_bytes(in)
                              : static_cast<const StreamOperator&>(op).state_bytes(in));
  }
  return aligned(most);
}

void reserve_states(Draft& draft, size_t p) {
  PassPlan& pass = draft.plan.passes[p];
  pass.state_bytes = 0;
  for (const StagePlan& stage : pass.stages) {
    const NodePlan& node = draft.node(stage.nodes[0]);
    if (!stage.ordered || !draft.ops[static_cast<size_t>(stage.nodes[0])]) continue;
    const Layout& in = draft.port(node.inputs[0]).layout;
    const Epochs e =
        epochs_of(in, axes_over(node, *draft.ops[static_cast<size_t>(stage.nodes[0])], in));
    const int64_t one = state_bytes_of(draft, stage.nodes[0]);
    pass.state_bytes += one * e.keys;
    draft.plan.reservations.push_back(
        {node.id,
         "state" + (e.keys > 1 ? " of " + std::to_string(e.keys) + " keys" : std::string()),
         one * e.keys, static_cast<int>(p)});
  }
}

void reserve_scratch(Draft& draft, const RingPlan& ring, size_t p, int threads) {
  const int64_t bytes = ring.capacity * aligned(ring.item_bytes);
  draft.plan.disk_bytes += bytes;
  const size_t last = ring.retained ? draft.plan.passes.size() - 1 : p;
  for (size_t q = p; q <= last; ++q)
    draft.plan.reservations.push_back(
        {draft.node(ring.port.node).id, "in use of " + format_bytes(bytes) + " of scratch on disk",
         scratch_window(draft, ring, q, threads) + ring.capacity * 256, static_cast<int>(q)});
}

void reserve_pass(Draft& draft, size_t p, int threads) {
  PassPlan& pass = draft.plan.passes[p];
  auto& reservations = draft.plan.reservations;
  int64_t slot = 0;
  bool reads = false;
  for (StagePlan& stage : pass.stages) {
    SlotBuilder(draft, pass, stage).run();
    slot = std::max(slot, stage.slot_bytes);
    reads = reads || stage.nodes[0] == 0;
  }
  const int number = static_cast<int>(p);
  reservations.push_back({"workers", std::to_string(threads) + " slots of " + format_bytes(slot),
                          slot * threads, number});
  if (reads && draft.source.random)
    reservations.push_back({"source", "decoding, " + std::to_string(threads) + " at once",
                            draft.source.random->read_bytes() * threads, number});
  for (const RingPlan& ring : pass.rings) {
    if (ring.scratch) {
      reserve_scratch(draft, ring, p, threads);
      continue;
    }
    const std::string what = (ring.status_only ? "status queue of " : "queue of ") +
                             std::to_string(ring.capacity) + " (" + ring.why + ")";
    // Each place also has a header and, for gaps, a reason.
    const int64_t bytes = ring.capacity * (aligned(ring.item_bytes) + 256);
    const int last = static_cast<int>(draft.plan.passes.size()) - 1;
    for (int q = number; q <= (ring.retained ? last : number); ++q)
      reservations.push_back({draft.node(ring.port.node).id, what, bytes, q});
  }
  reserve_states(draft, p);
}

// The output folder and run.json in it, which holds the pipeline, as every output does.
int64_t record_room_bytes(const Plan& plan) {
  constexpr int64_t kRecordBytes = int64_t{64} << 10;
  int64_t sinks = 0;
  for (const NodePlan& node : plan.nodes) sinks += node.kind == NodeKind::sink;
  return kRecordBytes + (sinks + 1) * (static_cast<int64_t>(2 * plan.pipeline.text.size()) + 8192);
}

// Names of channels, positions and the like stand in the layout of every port.
int64_t axis_names_bytes(const Plan& plan) {
  constexpr int64_t kCopies = 4;  // of sources, operators and sinks beside the plan's
  int64_t bytes = 0;
  for (const NodePlan& node : plan.nodes)
    for (const PortLayout& port : node.outputs)
      for (const auto* axes : {&port.layout.stream, &port.layout.item})
        for (const Axis& axis : *axes)
          for (const std::string& name : axis.labels)
            bytes += static_cast<int64_t>(sizeof name + 2 * name.size());
  return kCopies * bytes;
}

}  // namespace

void reserve(Draft& draft, int threads) {
  Plan& plan = draft.plan;
  plan.reservations.clear();
  plan.threads = threads;
  plan.reservations.push_back({"base", "code, libraries, stacks", plan.base_bytes, -1});
  plan.reservations.push_back({"threads",
                               std::to_string(threads + 2) + " stacks and heaps of small things",
                               (threads + 2) * int64_t{192} * 1024, -1});
  if (const int64_t names = axis_names_bytes(plan); names > int64_t{64} << 10)
    plan.reservations.push_back({"names", "names along the axes of all ports", names, -1});
  if (draft.source.live)
    plan.reservations.push_back(
        {"source", "ring of the live source", draft.source.live->ring_bytes(), -1});
  plan.disk_bytes = record_room_bytes(plan);
  plan.disk_not_known.clear();
  for (const NodePlan& node : plan.nodes) {
    if (node.kind == NodeKind::observer)
      plan.reservations.push_back(
          {node.id, "two leases", 2 * draft.item_bytes(node.inputs[0]), -1});
    if (node.kind != NodeKind::sink) continue;
    const auto sink =
        bind_planned_sink(node, plan, [&](int64_t item) { return draft.source.row(item); });
    plan.reservations.push_back({node.id, "staging of the sink", sink->resident_bytes(), -1});
    if (&node == &plan.nodes[static_cast<size_t>(std::max(0, plan.recording))])
      plan.reservations.push_back({node.id,
                                   "reading it again, " + std::to_string(threads) + " at once",
                                   sink->reread_bytes() * threads, -1});
    const int64_t disk = sink->disk_bytes();
    plan.disk_bytes += std::max<int64_t>(0, disk);
    if (disk < 0) plan.disk_not_known.push_back(node.id);
  }
  for (size_t p = 0; p < plan.passes.size(); ++p) reserve_pass(draft, p, threads);
  std::vector<int64_t> sums(plan.passes.size(), 0);
  for (const Reservation& r : plan.reservations)
    for (size_t p = 0; p < sums.size(); ++p)
      if (r.pass < 0 || r.pass == static_cast<int>(p)) sums[p] += r.bytes;
  plan.peak_bytes = *std::max_element(sums.begin(), sums.end());
}

}  // namespace parfocal::planning
