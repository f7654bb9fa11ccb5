/// Planner pass "scratch": which Values lie in a file because they are too large for memory.
///
/// A Value that is large but touched piece by piece (a series of backgrounds: one is written, one
/// is looked up) need not be in memory as a whole. Its queue's places are mapped from a file, and
/// what a call has touched is given back to the system after it; so the plan counts what calls
/// touch at once, as operators and sinks state it, in place of the Value. All of them have to state
/// it.

#include <algorithm>

#include "parfocal/planner/draft.h"

namespace parfocal::planning {
namespace {

constexpr int64_t kLeastBytes = int64_t{1} << 20;
// What the system may map around the pages that are touched, on both sides.
constexpr int64_t kAroundBytes = int64_t{256} << 10;

bool reads(const NodePlan& node, size_t input, const RingPlan& ring) {
  return node.inputs[input] == ring.port && !node.is_witness(input);
}

// What one call of node `n` touches of the ring's items, -1 = all.
int64_t reader_window(const Draft& draft, int n, const RingPlan& ring) {
  const NodePlan& node = draft.plan.nodes[static_cast<size_t>(n)];
  int64_t sum = 0;
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    if (!reads(node, i, ring)) continue;
    int64_t window = -1;
    if (const auto& op = draft.ops[static_cast<size_t>(n)])
      window = op->input_window(static_cast<int>(node.place_of(i)));
    else if (node.kind == NodeKind::sink)
      window = bind_planned_sink(node, draft.plan)->input_window(i);
    if (window < 0) return -1;
    sum += window + kAroundBytes;
  }
  return sum;
}

// -1 if a reader in this pass touches all.
int64_t readers_window(const Draft& draft, const RingPlan& ring, size_t pass, int threads) {
  int64_t sum = 0;
  for (const StagePlan& stage : draft.plan.passes[pass].stages)
    for (const int n : stage.nodes) {
      const int64_t window = reader_window(draft, n, ring);
      if (window < 0) return -1;
      sum += window * (stage.ordered ? 1 : threads);
    }
  return sum;
}

bool is_made_in(const Draft& draft, const RingPlan& ring, size_t pass) {
  const auto& rings = draft.plan.passes[pass].rings;
  return std::any_of(rings.begin(), rings.end(),
                     [&](const RingPlan& r) { return r.port == ring.port && !r.status_only; });
}

bool is_worth_it(const Draft& draft, const RingPlan& ring, size_t pass, int threads) {
  const int64_t bytes = ring.capacity * ring.item_bytes;
  if (ring.status_only || bytes < kLeastBytes || draft.port(ring.port).kind != PortKind::image)
    return false;
  const size_t last = ring.retained ? draft.plan.passes.size() - 1 : pass;
  for (size_t p = pass; p <= last; ++p) {
    const int64_t window = scratch_window(draft, ring, p, threads);
    if (window < 0 || 2 * window > bytes) return false;
  }
  return true;
}

}  // namespace

int64_t scratch_window(const Draft& draft, const RingPlan& ring, size_t pass, int threads) {
  const int64_t read = readers_window(draft, ring, pass, threads);
  if (read < 0 || !is_made_in(draft, ring, pass)) return read;
  const auto& op = draft.ops[static_cast<size_t>(ring.port.node)];
  const int64_t written = op ? op->output_window(ring.port.port) : -1;
  return written < 0 ? -1 : read + written + kAroundBytes;
}

void place_scratch(Draft& draft, int threads) {
  for (size_t p = 0; p < draft.plan.passes.size(); ++p)
    for (RingPlan& ring : draft.plan.passes[p].rings)
      ring.scratch = is_worth_it(draft, ring, p, threads);
}

}  // namespace parfocal::planning
