#pragma once
/// Runs one operator on items at rest, without an engine, and watches the promises that one run can
/// show: sizes, guards, slots, latency.

#include <exception>
#include <map>

#include "parfocal/operators/conformance/buffers.h"

namespace parfocal::conformance {

/// One whole item of every input; anything for those that are not connected.
using Items = std::vector<Item>;

/// The region that a port is asked for when the whole item is wanted.
inline Region whole_output(const Operator& op, size_t port = 0) {
  return op.outputs()[port].kind == PortKind::image ? op.outputs()[port].layout.whole_item()
                                                    : Region{};
}
inline Region footprint_of(const Operator& op, size_t input, const Region& out) {
  if (op.inputs()[input].kind != PortKind::image) return {};
  return op.tileable() ? op.footprint(static_cast<int>(input), out)
                       : op.inputs()[input].layout.whole_item();
}

/// One call of compute for region `out`. `alias`: give output 0 the memory of input in_place().
inline Outcome run_map(const MapOperator& op, const Items& items, const Region& out,
                       uint8_t fill = 0x00, bool alias = false) {
  Outcome result;
  std::vector<Window> windows;
  std::vector<Input> in;
  for (size_t i = 0; i < items.size(); ++i) {
    const Region region = footprint_of(op, i, out);
    if (op.inputs()[i].kind == PortKind::image &&
        !op.inputs()[i].layout.whole_item().contains(region)) {
      result.problem("footprint leaves the input item");
      return result;
    }
    windows.emplace_back(op.inputs()[i], items[i], region);
  }
  for (const Window& window : windows) in.push_back(window.input());
  std::vector<Place> places;
  std::vector<Output> outputs;
  for (size_t p = 0; p < op.outputs().size(); ++p) {
    places.emplace_back(op.outputs()[p], op.tileable() ? out : whole_output(op, p), fill);
    outputs.push_back(places.back().output());
  }
  const auto aliased = static_cast<size_t>(std::max(0, op.in_place()));
  if (alias) outputs[0].image.data = windows[aliased].data();
  GuardedBuffer scratch(op.scratch_bytes(out), static_cast<uint8_t>(~fill));
  try {
    const Status status = op.compute(in, outputs, scratch.span());
    if (!status.ok()) result.failure = status.issue().what;
  } catch (const std::exception& e) {
    result.failure = e.what();
  }
  if (!scratch.intact()) result.problem("writes outside its scratch memory");
  for (const Window& window : windows)
    if (!window.intact()) result.problem("writes outside its input");
  for (size_t p = 0; p < places.size(); ++p) {
    if (!places[p].intact()) result.problem("writes outside its output");
    places[p].output() = outputs[p];
    Item item = places[p].taken();
    if (alias && p == 0)
      item.bytes.assign(windows[aliased].data(),
                        windows[aliased].data() + outputs[0].image.bytes());
    if (item.rows > op.outputs()[p].table.max_rows) result.problem("more rows than it declared");
    result.ports.push_back({std::move(item)});
  }
  return result;
}

/// One fold state in guarded memory.
class FoldState {
 public:
  FoldState(const FoldOperator& op, const Region& in, int64_t bytes, uint8_t fill)
      : op_(op), buffer_(bytes, fill) {
    op_.init(buffer_.span(), in);
  }
  std::span<std::byte> span() { return buffer_.span(); }
  void accumulate(const Items& items, const Region& in, int64_t index, Outcome& result) {
    std::vector<Window> windows;
    std::vector<Input> inputs;
    for (size_t i = 0; i < items.size(); ++i)
      windows.emplace_back(op_.inputs()[i], items[i],
                           i == 0 ? in : op_.inputs()[i].layout.whole_item());
    for (const Window& window : windows) inputs.push_back(window.input());
    const Status status = op_.accumulate(buffer_.span(), inputs, index);
    if (!status.ok()) result.failure = status.issue().what;
    if (!buffer_.intact()) result.problem("writes outside its state");
    for (const Window& window : windows)
      if (!window.intact()) result.problem("writes outside its input");
  }
  void combine(FoldState& later, Outcome& result) {
    const Status status = op_.combine(buffer_.span(), later.span());
    if (!status.ok()) result.failure = status.issue().what;
    if (!buffer_.intact() || !later.buffer_.intact()) result.problem("writes outside its state");
  }
  void finalize(const Region& out, uint8_t fill, Outcome& result) {
    Place place(op_.outputs()[0], op_.tileable() ? out : whole_output(op_), fill);
    const Status status = op_.finalize(buffer_.span(), place.output());
    if (!status.ok()) result.failure = status.issue().what;
    if (!place.intact()) result.problem("writes outside its output");
    if (!buffer_.intact()) result.problem("writes outside its state");
    result.ports = {{status.ok() ? place.taken() : Item{}}};
  }

 private:
  const FoldOperator& op_;
  GuardedBuffer buffer_;
};

/// Collects what a stream operator emits, in slots of guarded memory.
class Collector final : public Emitter {
 public:
  Collector(const StreamOperator& op, const Region& out, uint8_t fill)
      : op_(op), fill_(fill), emitted_(op.outputs().size()) {
    for (size_t p = 0; p < op.outputs().size(); ++p)
      places_.emplace_back(op.outputs()[p], op.tileable() ? out : whole_output(op, p), fill);
    result.ports.resize(op.outputs().size());
  }
  Output& slot(int port) override { return places_[static_cast<size_t>(port)].output(); }
  void emit(int port) override {
    Place& place = places_[static_cast<size_t>(port)];
    count(port, place.taken());
    place.refill(fill_);
  }
  void emit_gap(int port, const Gap& gap) override {
    Item item;
    item.missing = true;
    item.gap = gap;
    count(port, std::move(item));
  }
  void notice(std::string text) override {
    if (notices) notices->push_back(std::move(text));
  }
  std::vector<std::string>* notices = nullptr;  ///< where notices go
  void begin_call() { std::fill(emitted_.begin(), emitted_.end(), 0); }
  void end_call() {
    for (const Place& place : places_)
      if (!place.intact()) result.problem("writes outside its output");
  }
  Outcome result;

 private:
  void count(int port, Item item) {
    const auto p = static_cast<size_t>(port);
    if (++emitted_[p] > op_.max_emit()) result.problem("emits more than max_emit at one call");
    result.ports[p].push_back(std::move(item));
  }
  const StreamOperator& op_;
  uint8_t fill_;
  std::vector<int> emitted_;
  std::vector<Place> places_;
};

/// One stream state with its collector: one key value.
class StreamRun {
 public:
  StreamRun(const StreamOperator& op, const Region& out, uint8_t fill = 0x00)
      : op_(op),
        region_(footprint_of(op, 0, out)),
        state_(op.state_bytes(region_), static_cast<uint8_t>(~fill)),
        collector_(op, out, fill) {
    op_.begin(state_.span(), region_);
  }
  void push(const Items& items) {
    std::vector<Window> windows;
    std::vector<Input> in;
    for (size_t i = 0; i < items.size(); ++i)
      windows.emplace_back(op_.inputs()[i], items[i],
                           i == 0 ? region_ : op_.inputs()[i].layout.whole_item());
    for (const Window& window : windows) in.push_back(window.input());
    repeat([&] { return op_.push(state_.span(), in, collector_); });
    ++pushed_;
    if (op_.keeps_clock()) check_latency();
  }
  /// Notices go to `notices` from now on.
  void listen(std::vector<std::string>* notices) { collector_.notices = notices; }
  bool failed() const { return !collector_.result.failure.empty(); }
  /// The end of the stream; after a failure only what came before.
  Outcome finish() {
    Outcome& result = collector_.result;
    if (failed()) return std::move(result);
    repeat([&] { return op_.flush(state_.span(), collector_); });
    if (op_.keeps_clock() && result.failure.empty())
      for (const auto& items : result.ports)
        if (static_cast<int64_t>(items.size()) != pushed_)
          result.problem("keeps the clock but does not give one item for each");
    return std::move(result);
  }

 private:
  template <class Call>
  void repeat(Call&& call) {
    constexpr int kMostCalls = 100000;
    for (int k = 0; k < kMostCalls; ++k) {
      collector_.begin_call();
      const StreamResult step = call();
      collector_.end_call();
      if (!state_.intact()) collector_.result.problem("writes outside its state");
      if (!step.status.ok()) collector_.result.failure = step.status.issue().what;
      if (!step.status.ok() || step.step == Step::done) return;
    }
    collector_.result.problem("says `again` without end");
  }
  void check_latency() {
    for (const auto& items : collector_.result.ports) {
      const auto emitted = static_cast<int64_t>(items.size());
      if (emitted < pushed_ - op_.latency())
        collector_.result.problem("latency is longer than stated");
      if (emitted > pushed_) collector_.result.problem("emits items before their input");
    }
  }
  const StreamOperator& op_;
  Region region_;
  GuardedBuffer state_;
  Collector collector_;
  int64_t pushed_ = 0;
};

}  // namespace parfocal::conformance
