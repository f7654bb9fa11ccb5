#include <algorithm>
#include <cstring>

#include "parfocal/core/operator_info.h"
#include "parfocal/operators/testing/spin.h"

namespace parfocal {
namespace {

struct EmitParams {
  int64_t k = 2;
  int64_t seed = 1;
  int64_t per_push = 1;
};

std::vector<PortLayout> numbered(const PortLayout& in) {
  PortLayout out = in;
  out.layout.stream = {Axis{"n", kUnbounded, 1, "", {}}};
  out.layout.clock = "emit";  // the planner puts the node's id here
  return {out};
}

// Emits every item 0..k times, as its sequence number decides: a varying rate that tests can
// predict. At most per_push copies leave at one call; `again` asks for the rest.
class Emit final : public StreamOperator {
 public:
  Emit(const EmitParams& p, std::span<const PortLayout> inputs)
      : StreamOperator({inputs[0]}, numbered(inputs[0])),
        p_(p),
        over_(testing_ops::axes_or_all({}, inputs[0].layout)) {}

  bool tileable() const override { return true; }
  std::vector<std::string> over() const override { return over_; }
  bool keeps_clock() const override { return false; }
  int max_emit() const override { return static_cast<int>(std::min(p_.per_push, p_.k)); }
  int64_t state_bytes(const Region&) const override { return sizeof(int64_t); }
  void begin(std::span<std::byte> state, const Region&) const override {
    std::memset(state.data(), 0, sizeof(int64_t));
  }
  StreamResult push(std::span<std::byte> state, std::span<const Input> in,
                    Emitter& out) const override {
    int64_t emitted = 0;  // of this item
    std::memcpy(&emitted, state.data(), sizeof emitted);
    const int64_t copies = copies_of(in[0].header->sequence);
    for (int i = 0; i < max_emit() && emitted < copies; ++i, ++emitted) {
      if (in[0].gap) {
        out.emit_gap(0, *in[0].gap);
        continue;
      }
      copy_pixels(in[0].image, out.slot(0).image);
      out.emit(0);
    }
    const bool done = emitted == copies;
    if (done) emitted = 0;
    std::memcpy(state.data(), &emitted, sizeof emitted);
    return {Status(), done ? Step::done : Step::again};
  }

 private:
  int64_t copies_of(int64_t sequence) const {
    const uint64_t key = static_cast<uint64_t>(sequence) * static_cast<uint64_t>(p_.seed);
    return static_cast<int64_t>(testing_ops::mixed(key) % static_cast<uint64_t>(p_.k + 1));
  }
  EmitParams p_;
  std::vector<std::string> over_;
};

}  // namespace

PARFOCAL_OPERATOR(emit) {
  return OperatorInfo{
      .name = "emit",
      .summary = "Emits every item between 0 and k times, chosen by its number.",
      .family = "testing",
      .kind = "stream",
      .inputs = {{.doc = "image"}},
      .outputs = {{.doc = "copies, numbered along a new unbounded axis n"}},
      .params = Parameters<EmitParams>()
                    .add("k", &EmitParams::k, "most copies of one item")
                    .at_least(1)
                    .at_most(1000)
                    .defaults("2")
                    .add("seed", &EmitParams::seed, "changes the choices")
                    .defaults("1")
                    .add("per_push", &EmitParams::per_push, "most copies at one call")
                    .at_least(1)
                    .defaults("1"),
      .tolerance = "exact",
      .example = "{op: emit, k: 3}",
      .reference = "numpy.repeat",
      .test_only = true,
      .make = make_operator<Emit, EmitParams>()};
}

}  // namespace parfocal
