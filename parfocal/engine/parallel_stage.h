#pragma once
/// Maps and folds over item axes, fused: one worker computes all of them for one item in its own
/// slot.

#include <memory>
#include <span>

#include "parfocal/engine/stage.h"

namespace parfocal::engine {

/// What a fused stage needs to know besides its plan.
struct PassContext {
  const Plan& plan;
  const std::vector<std::unique_ptr<Operator>>& ops;
  const std::vector<NodeRegions>& regions;  ///< per node, of this step of the sweep
  const Source* source = nullptr;           ///< what this pass reads; null if live
  Faults& faults;
  int threads = 1;
  std::filesystem::path scratch_folder = {};  ///< for large Values
  const NodeRegions& of(int node) const { return regions[static_cast<size_t>(node)]; }
  /// Items that the source decodes together, if the queues can take them together.
  int64_t group() const {
    const int64_t n = source ? source->items_per_read() : 1;
    return n <= plan.window ? n : 1;
  }
  /// Region of one port: scalars and ports of another shape than the node's first are always whole.
  Region port_region(PortId id) const;
  /// The region that input `i` of a node reads; nothing where it is all that was made.
  /// \throws Error if it was not made
  std::optional<Region> own_part(int node, size_t i) const;
};

class ParallelStage : public Stage {
 public:
  /// `edges`: rings it reads (readers already added); `outputs`: rings of its nodes' ports.
  /// `slots`: per worker, plan.slot_bytes at least.
  ParallelStage(const PassContext& context, const StagePlan& plan, std::vector<Edge> edges,
                std::vector<Ring*> outputs, std::vector<std::byte*> slots);
  ~ParallelStage() override;

  Claim claim(int64_t most) override;
  bool ready() const override { return startable_items(1) > 0 || (!closed_ && retired_ == end()); }
  void execute(const Claim& claim, int worker) override;
  void complete(const Claim& claim) override;
  bool finished() const override { return closed_; }
  void stop() override;
  int64_t retired() const { return retired_; }

 private:
  struct Step;       // one node: where its inputs come from, where its outputs go
  struct Workspace;  // one worker's views, so that executing allocates nothing

  bool startable(int64_t sequence) const;
  int64_t startable_items(int64_t most) const;
  int64_t end() const;
  void retire();
  void run_item(int64_t sequence, int worker);
  void run_step(const Step& step, int64_t sequence, Workspace& space);
  Status compute(const Step& step, Workspace& space, int64_t sequence);
  Status read_source(Workspace& space, int64_t sequence);
  void read_group(Workspace& space, const Claim& claim);

  const PassContext context_;
  const StagePlan& plan_;
  std::vector<Edge> edges_;
  std::vector<Ring*> outputs_;
  ScratchUse scratch_;
  std::vector<Step> steps_;
  std::vector<Workspace> spaces_;
  std::vector<size_t> source_ports_;  // of the source's outputs 1, 2...
  std::vector<char> done_;            // completion marks of items that are under way
  int64_t next_ = 0, retired_ = 0, end_ = -1;
  int64_t group_ = 1;  // items that are claimed together
  bool has_source_ = false, closed_ = false;
};

}  // namespace parfocal::engine
