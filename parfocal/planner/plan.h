#pragma once
/// The plan: everything the engine needs, and nothing it has to decide. A plain value that goes to
/// JSON and back. The planner makes it from a pipeline and the layouts of its source.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal {

enum class NodeKind : uint8_t { source, map, fold, stream, sink, observer };

/// One output port of one node; node 0 is the source.
struct PortId {
  int node = 0;
  int port = 0;
  auto operator<=>(const PortId&) const = default;
};

/// What every run tells of its frames: an output of its own, and the node that makes it.
inline constexpr const char* kFramesFile = "frames.csv";

/// A node after recipes were expanded and layouts resolved.
struct NodePlan {
  std::string id;  ///< step id; recipe parts are "mask/level"
  NodeKind kind = NodeKind::map;
  std::string type;  ///< registered operator, source or sink
  RawValue params = RawValue::map();
  std::vector<PortId> inputs;     ///< what is connected; inputs left out leave no entry
  std::vector<int> ports;         ///< operators: per input, the port that it feeds, increasing
  std::vector<char> cut;          ///< per input: 1 = needs the complete Value of an earlier pass
  std::vector<std::string> keys;  ///< sinks: what each input is ("from", "labels.cells");
                                  ///< source: names of outputs 1, 2...
  std::vector<PortLayout> outputs;
  OnError on_error = OnError::stop;
  bool internal = false;  ///< added by the planner (frames.csv)
  bool in_item = false;   ///< a fold over item axes only: runs inside a unit like a map
  int level = 0;          ///< first pass in which its output is complete
  int64_t lag_items = 0;  ///< items of the source that come before an item leaves it, at most
  Policy policy = Policy::automatic;  ///< sinks and observers
  Location place;

  /// Where input `i` stands in what the operator, sink or observer is given.
  size_t place_of(size_t i) const { return ports.empty() ? i : static_cast<size_t>(ports[i]); }
  /// True if frames.csv looks at input `i` only for gaps.
  bool is_witness(size_t i) const { return internal && keys[i].starts_with("witness."); }
};

/// A bounded queue of items between stages: `capacity` places of `item_bytes`.
struct RingPlan {
  PortId port;
  int64_t capacity = 1;
  int64_t item_bytes = 0;    ///< at the largest region of the sweep
  bool status_only = false;  ///< carries headers and gaps, no pixels (for frames.csv)
  bool retained = false;     ///< a Value read by later passes: kept until the run ends
  bool scratch = false;      ///< its places lie in a file below the output folder
  std::string why;           ///< what the capacity is made of
};

/// An intermediate result inside a fused stage, at a fixed place of the worker's slot.
struct BufferPlan {
  PortId port;
  int64_t offset = 0;
  int64_t bytes = 0;
};

/// Nodes that run together. A parallel stage takes whole items in any order, one per worker; an
/// ordered stage (stream, fold over stream axes, sink) takes them one by one.
struct StagePlan {
  bool ordered = false;
  std::vector<int> nodes;  ///< topological order; ordered stages have exactly one
  std::vector<BufferPlan> buffers;
  int64_t scratch_offset = 0;
  int64_t slot_bytes = 0;  ///< buffers + scratch
};

/// One sweep over the source.
struct PassPlan {
  std::vector<StagePlan> stages;  ///< topological order; stage 0 starts with the source
  std::vector<RingPlan> rings;
  int64_t state_bytes = 0;  ///< fold and stream states, all keys
};

/// A share of the budget, held by one holder for a time (pass -1: the whole run).
struct Reservation {
  std::string holder;
  std::string what;
  int64_t bytes = 0;
  int pass = -1;
};

struct Plan {
  int version = 1;
  Pipeline pipeline;
  std::filesystem::path out_dir;
  std::vector<NodePlan> nodes;  ///< node 0 = source
  std::vector<PassPlan> passes;
  std::vector<Reservation> reservations;
  int threads = 1;
  int64_t batch = 1;   ///< items a worker takes at once
  int64_t window = 1;  ///< places of a queue that no join needs more of
  Region tile;         ///< rank 0 = whole items; else shape of the last axes
  int64_t tile_count = 1;
  int64_t memory_bytes = 0;  ///< the budget
  int64_t base_bytes = 0;    ///< process without data: code, stacks, libraries
  int64_t peak_bytes = 0;    ///< proven bound of the process, base included
  int64_t disk_bytes = 0;    ///< that the run takes at most, nothing of it compressed, scratch and
                             ///< journals included, but for disk_not_known
  std::vector<std::string> disk_not_known;  ///< outputs that grow with what is found or comes
  bool live = false;                        ///< the source of pass 0 is live
  int recording = -1;  ///< live with several passes: the sink that later passes read again
  bool fused = true;   ///< false: every edge is a queue
  std::vector<std::string> notices;  ///< what the source tells of itself, as a run does
  std::string input;  ///< Source::identity() of what was planned for; "" in plans of older versions
  std::vector<std::string> explain;  ///< one line per decision, grouped by planner pass
};

struct PlanOptions {
  std::filesystem::path out_dir;  ///< "" = ./<pipeline name>-out
  std::optional<int64_t>
      memory_bytes;              ///< beats the pipeline's; default: half of what is available
  int threads = 0;               ///< 0 = what affinity and cgroup allow
  bool fuse = true;              ///< false: every edge a queue (for measurements)
  std::optional<Region> tile;    ///< force a region shape (tests)
  bool minimum = false;          ///< take the smallest plan that works, not the fastest that fits
  int64_t disk_taken_bytes = 0;  ///< of the outputs: there already, of a run that is gone on with
};

/// \throws Error(invalid_pipeline | input_missing | over_budget). Over budget: says how much is
/// needed and which `--memory` works.
Plan make_plan(const Pipeline& pipeline, const PlanOptions& options);

/// A plan round-trips: plan_from_json(plan_to_json(p)) runs exactly as p. \throws Error on
/// malformed text
std::string plan_to_json(const Plan& plan);
Plan plan_from_json(const std::string& text);

/// For people, a line each: the images, the memory, the disk, how often images are read and in what
/// pieces, where the results go; of a live stream also the lag of each output. `budget_origin` says
/// who gave the memory budget.
std::string plan_summary(const Plan& plan, const std::string& budget_origin);
/// All of it: what the two ways to run cost, stages, bytes by holder, and every decision of every
/// planner pass.
std::string plan_details(const Plan& plan);
/// Mermaid flowchart with the bytes on every edge.
std::string plan_graph(const Plan& plan);

}  // namespace parfocal
