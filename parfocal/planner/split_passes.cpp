/// Planner pass "split into passes": which Values are delay lines inside a pass, and which need the
/// whole stream first and so make a pass boundary.
///
/// A Value that lacks only the innermost stream axes is complete after a finite span of items. If
/// that span fits, the other input simply waits in its queue (a delay line). Otherwise the consumer
/// runs in a later pass: its other inputs are computed again from the source (maps are pure and
/// streams start afresh), and the Value is kept. The alternative, a scratch copy of the decoded
/// stream, loses while sources are files on a local disk: reading again costs at most as much as
/// writing and reading back.

#include <algorithm>

#include "parfocal/planner/draft.h"

namespace parfocal::planning {
namespace {

// Items of `main` that pass before the matching item of `value` is complete; kUnbounded if never
// known.
int64_t span_of(const Layout& main, const Layout& value) {
  int64_t span = 1;
  for (size_t a = main.stream.size(); a-- > 0;) {
    const Axis& axis = main.stream[a];
    if (value.find_stream(axis.name) >= 0) continue;
    for (size_t b = a + 1; b < main.stream.size(); ++b)
      if (value.find_stream(main.stream[b].name) >= 0) return kUnbounded;  // not innermost
    if (axis.size == kUnbounded) return kUnbounded;
    span *= axis.size;
  }
  return span;
}

// What may wait for a Value. A file is read again rather than kept in memory at any length:
// touching new memory costs as much as reading a local file. A live source cannot be read again.
int64_t most_waiting_bytes(const Plan& plan) {
  const int64_t quarter = plan.memory_bytes / 4;
  return plan.live ? quarter : std::min(quarter, int64_t{32} << 20);
}

// Why the source is read again for a Value of `span` items.
std::string reason_of_pass(int64_t span, bool same_root, int64_t bytes) {
  if (span == kUnbounded) return "its span is not known before the end";
  if (!same_root) return "nobody knows when it comes: a step changes the number of items";
  return "keeping its span would take " + format_bytes(bytes);
}

void fail_live(const NodePlan& node, const std::string& value) {
  throw Error(
      ErrorCode::invalid_pipeline,
      Issue{"'" + node.id + "' needs the finished Value of '" + value +
                "', so the source would have to be read twice, but it is live",
            node.place.str(), "a live source", "a recording of it",
            "add a sink that records it, such as {type: rtdc, from: source, path: "
            "recording.rtdc}, or save the live frames first and run this pipeline on them"});
}

// The sink that keeps the frames of the live source, for the later passes; -1 = none.
int recording_of(const Plan& plan) {
  for (size_t n = 0; n < plan.nodes.size(); ++n) {
    const NodePlan& node = plan.nodes[n];
    if (node.kind != NodeKind::sink || !(node.inputs[0] == PortId{0, 0})) continue;
    if (const SinkInfo* info = sinks().find(node.type); info && info->reopen)
      return static_cast<int>(n);
  }
  return -1;
}

}  // namespace

void split_passes(Draft& draft) {
  int last = 0;
  for (size_t n = 0; n < draft.plan.nodes.size(); ++n) {
    NodePlan& node = draft.plan.nodes[n];
    node.cut.assign(node.inputs.size(), 0);
    for (size_t i = 0; i < node.inputs.size(); ++i) {
      const NodePlan& producer = draft.node(node.inputs[i].node);
      const Layout &main = draft.port(node.inputs[0]).layout,
                   &value = draft.port(node.inputs[i]).layout;
      bool cut = false;
      if (i > 0 && value.stream.size() != main.stream.size()) {
        const int64_t span = span_of(main, value);
        const bool same_root = draft.roots[static_cast<size_t>(node.inputs[0].node)] ==
                               draft.roots[static_cast<size_t>(node.inputs[i].node)];
        const int64_t bytes =
            span == kUnbounded ? 0 : span * draft.port(node.inputs[0]).item_bytes();
        cut = span == kUnbounded || !same_root || bytes > most_waiting_bytes(draft.plan);
        draft.explain(
            "passes: " + node.id + " waits for the Value " + producer.id +
            (cut ? ": a new pass, the source is read again (" +
                       reason_of_pass(span, same_root, bytes) + ")"
                 : ": a delay line of " + std::to_string(span) + " items, " + format_bytes(bytes)));
      }
      node.cut[i] = cut;
      node.level = std::max(node.level, producer.level + (cut ? 1 : 0));
      if (cut && draft.plan.live) {
        draft.plan.recording = recording_of(draft.plan);
        if (draft.plan.recording < 0) fail_live(node, producer.id);
      }
    }
    const bool end = node.kind == NodeKind::sink || node.kind == NodeKind::observer;
    if (end) last = std::max(last, node.level);
  }
  draft.plan.passes.resize(static_cast<size_t>(last) + 1);
  if (draft.plan.recording >= 0)
    draft.explain("passes: later passes read the recording " + draft.node(draft.plan.recording).id +
                  " when the stream has ended");
  draft.explain("passes: " + std::to_string(last + 1) +
                (last == 0 ? " (every item is read once)" : ""));
}

bool is_tileable(const Draft& draft) {
  if (draft.plan.live) return false;
  for (size_t n = 1; n < draft.plan.nodes.size(); ++n) {
    const NodePlan& node = draft.plan.nodes[n];
    if (draft.ops[n] && !draft.ops[n]->tileable()) return false;
    if (draft.ops[n] && node.on_error == OnError::skip && draft.ops[n]->fails_by_pixels())
      return false;
    for (PortId in : node.inputs)
      if (draft.port(in).kind == PortKind::table) return false;
    // frames.csv is written in the last step of a sweep only.
    const bool writes = node.kind == NodeKind::sink && !node.internal;
    if (writes && !bind_planned_sink(node, draft.plan)->takes_regions()) return false;
  }
  return true;
}

void choose_regions(Draft& draft, const Region& tile) {
  Plan& plan = draft.plan;
  if (tile.rank != 0 && !is_tileable(draft))
    throw Error(ErrorCode::invalid_pipeline,
                Issue{"this pipeline cannot be swept by regions", plan.pipeline.name, "regions",
                      "whole items", "make a plan without a tile"});
  plan.tile = tile;
  plan.tile_count = count_tiles(plan.nodes, tile);
  draft.node_pixels.assign(plan.nodes.size(), 0);
  draft.regions.clear();
  for (int64_t t = 0; t < plan.tile_count; ++t) {
    const auto& regions =
        draft.regions.emplace_back(demanded_regions(plan.nodes, draft.ops, tile, t));
    for (size_t n = 0; n < regions.size(); ++n)
      draft.node_pixels[n] = std::max(draft.node_pixels[n], regions[n].output.count());
  }
}

}  // namespace parfocal::planning
