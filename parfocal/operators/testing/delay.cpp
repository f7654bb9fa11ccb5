#include <cstring>

#include "parfocal/core/operator_info.h"
#include "parfocal/operators/testing/spin.h"

namespace parfocal {
namespace {

struct DelayParams {
  int64_t items = 1;
  int64_t busy_us = 0;
  std::vector<std::string> over;
};

// Returns every item unchanged, `items` pushes later: the plainest operator with latency.
class Delay final : public StreamOperator {
 public:
  Delay(const DelayParams& p, std::span<const PortLayout> inputs)
      : StreamOperator({inputs[0]}, {inputs[0]}),
        p_(p),
        over_(testing_ops::axes_or_all(p.over, inputs[0].layout)) {}

  bool tileable() const override { return true; }
  std::vector<std::string> over() const override { return over_; }
  bool keeps_clock() const override { return true; }
  int64_t latency() const override { return p_.items; }
  std::optional<Reach> reach() const override { return Reach{0, p_.items}; }
  int64_t state_bytes(const Region& in) const override {
    return kHeadBytes + p_.items * slot_bytes(in);
  }
  void begin(std::span<std::byte> state, const Region&) const override {
    std::memset(state.data(), 0, kHeadBytes);
  }

  StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                    Emitter& out) const override {
    testing_ops::spin_us(p_.busy_us);
    if (p_.items == 0) {
      pass_on(in[0], out);
      return {};
    }
    Head head = load(state);
    if (head.pushed - head.popped == p_.items) release(state, head, out);
    hold(state, head, in[0]);
    store(state, head);
    return {};
  }
  StreamResult flush(std::span<std::byte> state, Emitter& out) const override {
    Head head = load(state);
    if (head.pushed == head.popped) return {};
    release(state, head, out);
    store(state, head);
    return {Status(), head.pushed == head.popped ? Step::done : Step::again};
  }

 private:
  static constexpr int64_t kHeadBytes = 64, kFlagBytes = 64;
  struct Head {
    int64_t pushed = 0, popped = 0;
  };
  static Head load(std::span<std::byte> state) {
    Head head;
    std::memcpy(&head, state.data(), sizeof head);
    return head;
  }
  static void store(std::span<std::byte> state, const Head& head) {
    std::memcpy(state.data(), &head, sizeof head);
  }
  // A held item: a flag (the reason of a gap, or none), then its pixels.
  int64_t slot_bytes(const Region& in) const {
    const int64_t pixels = in.count() * static_cast<int64_t>(dtype_size(inputs()[0].layout.dtype));
    return kFlagBytes + (pixels + 63) / 64 * 64;
  }
  std::byte* slot(std::span<std::byte> state, int64_t k) const {
    const int64_t bytes = (static_cast<int64_t>(state.size()) - kHeadBytes) / p_.items;
    return state.data() + kHeadBytes + k % p_.items * bytes;
  }
  void hold(std::span<std::byte> state, Head& head, const Input& in) const {
    std::byte* held = slot(state, head.pushed++);
    const GapReason reason = in.gap ? in.gap->reason : GapReason::none;
    held[0] = static_cast<std::byte>(reason);
    if (in.gap) return;
    copy_pixels(in.image, packed_view(held + kFlagBytes, in.image.dtype, in.image.region));
  }
  void release(std::span<std::byte> state, Head& head, Emitter& out) const {
    const std::byte* held = slot(state, head.popped++);
    if (const auto reason = static_cast<GapReason>(held[0]); reason != GapReason::none)
      return out.emit_gap(0, {reason, "held by delay"});
    const MutableView& to = out.slot(0).image;
    copy_pixels(packed_view(held + kFlagBytes, to.dtype, to.region), to);
    out.emit(0);
  }
  static void pass_on(const Input& in, Emitter& out) {
    if (in.gap) return out.emit_gap(0, *in.gap);
    copy_pixels(in.image, out.slot(0).image);
    out.emit(0);
  }

  DelayParams p_;
  std::vector<std::string> over_;
};

}  // namespace

PARFOCAL_OPERATOR(delay) {
  return OperatorInfo{.name = "delay",
                      .summary = "Gives back every item a number of items later.",
                      .family = "testing",
                      .kind = "stream",
                      .inputs = {{.doc = "image"}},
                      .outputs = {{.doc = "the same image"}},
                      .params = Parameters<DelayParams>()
                                    .add("items", &DelayParams::items, "items held back")
                                    .at_least(0)
                                    .at_most(1e6)
                                    .defaults("1")
                                    .add("busy_us", &DelayParams::busy_us, "time to waste, in us")
                                    .at_least(0)
                                    .defaults("0")
                                    .add("over", &DelayParams::over, "stream axes; default all"),
                      .tolerance = "exact",
                      .example = "{op: delay, items: 3}",
                      .reference = "identity",
                      .test_only = true,
                      .make = make_operator<Delay, DelayParams>()};
}

}  // namespace parfocal
