/// A stream operator: one state per key, items pushed in order, outputs through reserved places.

#include <deque>
#include <stdexcept>

#include "parfocal/core/guarded.h"
#include "parfocal/engine/epoch_walk.h"
#include "parfocal/engine/ordered_stage.h"
#include "parfocal/planner/axes.h"

namespace parfocal::engine {
namespace {

class StreamConsumer : public Consumer, private Emitter {
 public:
  StreamConsumer(const PassContext& context, int node, std::vector<std::vector<Ring*>> outputs)
      : context_(context),
        plan_(context.plan.nodes[static_cast<size_t>(node)]),
        op_(static_cast<const StreamOperator&>(*context.ops[static_cast<size_t>(node)])),
        input_(context.plan.nodes[static_cast<size_t>(plan_.inputs[0].node)]
                   .outputs[static_cast<size_t>(plan_.inputs[0].port)]
                   .layout),
        writer_(context, node, std::move(outputs)),
        walk_(input_, op_.over()),
        region_(context.of(node).inputs[0]),
        state_bytes_(op_.state_bytes(region_)),
        stride_((state_bytes_ + 63) / 64 * 64),
        memory_(static_cast<size_t>(stride_ * walk_.keys())),
        slots_(writer_.ports()),
        begun_(writer_.ports(), 0),
        calls_(writer_.ports(), 0) {}

  int64_t max_emit() const override { return op_.max_emit(); }

  Turn take(int64_t sequence, std::span<const Input> in) override {
    const EpochWalk::Spot spot = walk_.locate(sequence);
    if (flushing_ >= 0) return flush_next();
    if (!pushing_) {
      if (spot.opens) open();
      last_ = *in[0].header;
      if (op_.keeps_clock()) headers_.push_back(last_);
    }
    pushing_ = push(sequence, spot.key, in) == Step::again;
    if (pushing_) return Turn::again;
    if (!spot.closes) return Turn::done;
    start_flush();
    return Turn::again;  // push and flush each need their own reserved places
  }

  Turn finish(bool complete) override {
    if (!complete || !walk_.endless()) return Turn::done;
    if (flushing_ < 0) {
      if (flushed_) return Turn::done;
      if (!opened_) open();
      start_flush();
    }
    return flush_next();
  }

 private:
  std::span<std::byte> state(int64_t key) const {
    return {memory_.data() + key * stride_, static_cast<size_t>(state_bytes_)};
  }

  void open() {
    opened_ = true;
    for (int64_t k = 0; k < walk_.keys(); ++k) op_.begin(state(k), region_);
  }

  Step push(int64_t sequence, int64_t key, std::span<const Input> in) {
    std::fill(calls_.begin(), calls_.end(), 0);
    key_ = key;
    StreamResult result = caught([&] { return op_.push(state(key), in, *this); });
    if (result.status.ok()) return result.step;
    const Gap gap = context_.faults.item_failed(plan_, sequence, result.status.issue());
    if (!context_.faults.running()) return Step::done;
    std::vector<Input> missing(in.begin(), in.end());
    missing[0].gap = &gap;
    result = caught([&] { return op_.push(state(key), missing, *this); });
    if (!result.status.ok())
      context_.faults.run_failed(ErrorCode::run_failed, result.status.issue());
    return result.step;
  }

  template <class F>
  static StreamResult caught(F&& f) {
    try {
      return f();
    } catch (...) {
      return {status_of_exception(), Step::done};
    }
  }

  // Keys take turns, so that outputs come in C order of their coordinates.
  void start_flush() {
    flushing_ = 0;
    unflushed_.assign(static_cast<size_t>(walk_.keys()), 1);
  }
  Turn flush_next() {
    std::fill(calls_.begin(), calls_.end(), 0);
    key_ = flushing_;
    const StreamResult result = caught([&] { return op_.flush(state(flushing_), *this); });
    if (!result.status.ok())
      context_.faults.run_failed(ErrorCode::run_failed, result.status.issue());
    if (!result.status.ok() || result.step == Step::done)
      unflushed_[static_cast<size_t>(flushing_)] = 0;
    for (int64_t k = 1; k <= walk_.keys(); ++k) {
      const int64_t key = (flushing_ + k) % walk_.keys();
      if (unflushed_[static_cast<size_t>(key)]) {
        flushing_ = key;
        return Turn::again;
      }
    }
    flushing_ = -1;
    flushed_ = true;
    return Turn::done;
  }

  Output& slot(int port) override {
    const size_t p = static_cast<size_t>(port);
    if (!begun_[p]) slots_[p] = writer_.slot(p);
    if (begun_[p] && begun_[p] != key_ + 1)
      throw std::logic_error(plan_.id + " builds up items of two keys in one place");
    begun_[p] = key_ + 1;
    return slots_[p];
  }
  void emit(int port) override { publish(static_cast<size_t>(port), Gap{}); }
  void emit_gap(int port, const Gap& gap) override { publish(static_cast<size_t>(port), gap); }
  void notice(std::string text) override { context_.faults.notice(plan_, std::move(text)); }

  void publish(size_t port, const Gap& gap) {
    if (++calls_[port] > op_.max_emit())
      throw std::logic_error(plan_.id + " emits more than the " + std::to_string(op_.max_emit()) +
                             " items it declares");
    FrameHeader header = last_;
    if (op_.keeps_clock()) {
      const int64_t k = writer_.head(port) - first_header_;
      if (k >= static_cast<int64_t>(headers_.size()))
        throw std::logic_error(plan_.id + " emits an item before its input came");
      header = headers_[static_cast<size_t>(k)];
    } else {
      header.coordinates = coordinates_of(writer_.layout(port), writer_.head(port));
    }
    writer_.emit(port, header, slots_[port].table.rows, gap);
    slots_[port] = Output{};
    begun_[port] = 0;
    emitted_[port]++;
    drop_headers();
  }

  void drop_headers() {
    int64_t least = INT64_MAX;
    for (size_t p = 0; p < writer_.ports(); ++p) least = std::min(least, writer_.head(p));
    for (; first_header_ < least && !headers_.empty(); ++first_header_) headers_.pop_front();
  }

  const PassContext& context_;
  const NodePlan& plan_;
  const StreamOperator& op_;
  const Layout& input_;
  PortWriter writer_;
  EpochWalk walk_;
  Region region_;
  int64_t state_bytes_, stride_;
  Block memory_;
  std::vector<Output> slots_;
  std::vector<int64_t> begun_;  ///< per port: an item of this key is being built up (0 = none)
  int64_t key_ = 0;             ///< of the present call
  std::vector<int> calls_;      ///< items emitted by the present call, per port
  std::deque<FrameHeader>
      headers_;  ///< of inputs whose outputs are still to come: at most the latency
  int64_t first_header_ = 0;
  FrameHeader last_;
  std::vector<char> unflushed_;
  int64_t flushing_ = -1;  ///< key being flushed; -1 = none
  bool pushing_ = false, opened_ = false, flushed_ = false;
};

}  // namespace

std::unique_ptr<Consumer> make_stream_consumer(const PassContext& context, int node,
                                               std::vector<std::vector<Ring*>> outputs) {
  return std::make_unique<StreamConsumer>(context, node, std::move(outputs));
}

}  // namespace parfocal::engine
