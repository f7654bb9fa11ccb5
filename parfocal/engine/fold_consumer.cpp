/// A fold over stream axes: one state per key; Values come out when an epoch closes.

#include <algorithm>

#include "parfocal/core/guarded.h"
#include "parfocal/engine/epoch_walk.h"
#include "parfocal/engine/ordered_stage.h"
#include "parfocal/planner/axes.h"

namespace parfocal::engine {
namespace {

class FoldConsumer : public Consumer {
 public:
  FoldConsumer(const PassContext& context, int node, std::vector<std::vector<Ring*>> outputs)
      : context_(context),
        plan_(context.plan.nodes[static_cast<size_t>(node)]),
        op_(static_cast<const FoldOperator&>(*context.ops[static_cast<size_t>(node)])),
        input_(context.plan.nodes[static_cast<size_t>(plan_.inputs[0].node)]
                   .outputs[static_cast<size_t>(plan_.inputs[0].port)]
                   .layout),
        writer_(context, node, std::move(outputs)),
        walk_(input_, axes_over(plan_, op_, input_)),
        region_(context.of(node).inputs[0]),
        empty_(context.of(node).empty()),
        last_item_(static_cast<size_t>(walk_.keys()), kNone),
        state_bytes_(op_.state_bytes(region_)),
        stride_((state_bytes_ + 63) / 64 * 64),
        memory_(static_cast<size_t>(stride_ * walk_.keys())) {}

  int64_t max_emit() const override { return 1; }

  Turn take(int64_t sequence, std::span<const Input> in) override {
    const EpochWalk::Spot spot = walk_.locate(sequence);
    if (closing_ < 0) {
      if (spot.opens) open();
      accumulate(sequence, spot, in);
      if (!spot.closes) return Turn::done;
      closing_ = 0;
    }
    return close_next();
  }

  // A stream without a known end closes its one epoch here; a cut stream leaves its Value unmade.
  Turn finish(bool complete) override {
    if (!complete || !walk_.endless()) return Turn::done;
    if (closing_ < 0) {
      if (!opened_) open();
      closing_ = 0;
    }
    return close_next();
  }

 private:
  static constexpr int64_t kNone = -1;
  int64_t last_item() const { return last_item_[static_cast<size_t>(closing_)]; }
  std::span<std::byte> state(int64_t key) const {
    return {memory_.data() + key * stride_, static_cast<size_t>(state_bytes_)};
  }

  void open() {
    opened_ = true;
    std::fill(last_item_.begin(), last_item_.end(), kNone);
    for (int64_t k = 0; !empty_ && k < walk_.keys(); ++k) op_.init(state(k), region_);
  }

  void accumulate(int64_t sequence, const EpochWalk::Spot& spot, std::span<const Input> in) {
    last_ = *in[0].header;
    for (const Input& input : in)
      if (input.gap) return;
    Status status;
    if (!empty_) status = guarded([&] { return op_.accumulate(state(spot.key), in, spot.index); });
    if (status.ok())
      last_item_[static_cast<size_t>(spot.key)] = sequence;
    else
      (void)context_.faults.item_failed(plan_, sequence, status.issue());
  }

  // Where nothing is needed of the Value there is no state, but a Value of no items is missing all
  // the same.
  Status finalize(Output& out) {
    if (!empty_) return guarded([&] { return op_.finalize(state(closing_), out); });
    return last_item() != kNone ? Status() : Status::fail("no item was there to fold");
  }

  // A Value of nothing is missing as its items are; one that items were there for has failed.
  Turn close_next() {
    Output out = writer_.slot(0);
    Gap gap;
    const Status status = finalize(out);
    if (!status.ok()) gap = {GapReason::failed, status.issue().what};
    if (!status.ok() && last_item() != kNone)
      gap = context_.faults.item_failed(plan_, last_item(), status.issue());
    FrameHeader header = last_;
    header.coordinates = coordinates_of(writer_.layout(0), writer_.head(0));
    writer_.emit(0, header, out.table.rows, gap);
    emitted_[0]++;
    if (++closing_ < walk_.keys()) return Turn::again;
    closing_ = -1;
    return Turn::done;
  }

  const PassContext& context_;
  const NodePlan& plan_;
  const FoldOperator& op_;
  const Layout& input_;
  PortWriter writer_;
  EpochWalk walk_;
  Region region_;
  bool empty_;                      ///< nothing of the Value is needed in this step of the sweep
  std::vector<int64_t> last_item_;  ///< per key: sequence of the last item that was folded
  int64_t state_bytes_, stride_;
  Block memory_;
  FrameHeader last_;
  int64_t closing_ = -1;  ///< key whose Value comes next; -1 = the epoch is open
  bool opened_ = false;
};

}  // namespace

std::unique_ptr<Consumer> make_fold_consumer(const PassContext& context, int node,
                                             std::vector<std::vector<Ring*>> outputs) {
  return std::make_unique<FoldConsumer>(context, node, std::move(outputs));
}

}  // namespace parfocal::engine
