#pragma once
/// From the names in a plan to live objects: operators bound to layouts, regions of a sweep.

#include <memory>
#include <vector>

#include "parfocal/planner/plan.h"

namespace parfocal {

/// The source of a plan, one of the two.
struct OpenSource {
  std::unique_ptr<Source> random;
  std::unique_ptr<LiveSource> live;
  const Layout& layout() const { return live ? live->layout() : random->layout(); }
  SourceRow row(int64_t sequence) const {
    return live ? live->row(sequence) : random->row(sequence);
  }
  std::vector<std::string> notices() const { return live ? live->notices() : random->notices(); }
  std::string identity() const { return live ? live->identity() : random->identity(); }
};
/// Opens the further output `name` of a source. \throws Error with the source's place
Layout open_source_port(OpenSource& source, const SourceSpec& spec, const std::string& name);
/// Number of port `name` in SourceInfo::ports. \throws Error(invalid_pipeline) if there is none
size_t source_port(const std::string& type, const std::string& name);
/// \throws Error(input_missing | invalid_pipeline) with the source's place
OpenSource open_source(const SourceSpec& spec, const std::filesystem::path& base_dir);

/// The operator of a map, fold or stream node. \throws Error(invalid_pipeline) with the step's
/// place
std::unique_ptr<Operator> bind_operator(const NodePlan& node, const std::vector<NodePlan>& nodes);

/// Operators of all nodes; nullptr for source and sinks.
std::vector<std::unique_ptr<Operator>> bind_operators(const std::vector<NodePlan>& nodes);

/// Makes the sink of a node; creates no file.
std::unique_ptr<Sink> bind_sink(const NodePlan& node, const Plan& plan, const SinkContext& context);
/// The same while the plan is made: only to be asked what it needs. `source_row`: see SinkContext.
std::unique_ptr<Sink> bind_planned_sink(const NodePlan& node, const Plan& plan,
                                        std::function<SourceRow(int64_t)> source_row = nullptr);
/// Opens again what that sink has written and closed. \throws Error
std::unique_ptr<Source> reopen_sink(const NodePlan& node, const std::filesystem::path& out_dir);

/// Makes the observer of a node. \throws Error(invalid_pipeline)
std::unique_ptr<Observer> bind_observer(const NodePlan& node, const std::vector<NodePlan>& nodes);

/// What one node makes and reads in one step of the sweep. Readers of one port may need different
/// regions of it; each gets its own, cut out of what is made for all of them.
struct NodeRegions {
  /// Of its output port 0 and all ports of that shape; other ports are whole. Shape 0 = nothing.
  Region output;
  std::vector<Region> inputs;  ///< per NodePlan::inputs
  bool empty() const { return output.rank > 0 && output.count() == 0; }
};
/// The regions of one step of the sweep, per node, as the sinks' tile demands them.
std::vector<NodeRegions> demanded_regions(const std::vector<NodePlan>& nodes,
                                          const std::vector<std::unique_ptr<Operator>>& ops,
                                          const Region& tile, int64_t tile_index);
/// Number of steps of the sweep for a tile shape (1 if tile.rank == 0).
int64_t count_tiles(const std::vector<NodePlan>& nodes, const Region& tile);

/// For input `port` of a node whose own clock is `layout`: sequence of the matching item of the
/// input's stream (axes the input lacks are dropped: broadcast).
struct SequenceMap {
  bool identity = true;
  std::array<int64_t, kMaxRank> modulus{}, divisor{}, stride{};
  int rank = 0;
  int64_t operator()(int64_t sequence) const;
};
SequenceMap sequence_map(const Layout& from, const Layout& to);

}  // namespace parfocal
