#include "parfocal/core/operator_info.h"
#include "parfocal/operators/testing/spin.h"

namespace parfocal {
namespace {

struct JitterParams {
  int64_t us = 100;
  int64_t seed = 1;
};

// The identity, after a time that differs from item to item: workers finish out of order.
class Jitter final : public MapOperator {
 public:
  Jitter(const JitterParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, {inputs[0]}), p_(p) {}
  bool tileable() const override { return true; }
  int in_place() const override { return 0; }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    const auto sequence = static_cast<uint64_t>(in[0].header->sequence);
    const uint64_t hash = testing_ops::mixed(sequence ^ static_cast<uint64_t>(p_.seed) << 32);
    testing_ops::spin_us(static_cast<int64_t>(hash % static_cast<uint64_t>(p_.us)));
    if (in[0].image.data != out[0].image.data) copy_pixels(in[0].image, out[0].image);
    return {};
  }

 private:
  JitterParams p_;
};

}  // namespace

PARFOCAL_OPERATOR(jitter) {
  return OperatorInfo{.name = "jitter",
                      .summary = "Passes items on after a time that differs between them.",
                      .family = "testing",
                      .kind = "map",
                      .inputs = {{.doc = "image"}},
                      .outputs = {{.doc = "the same image"}},
                      .params = Parameters<JitterParams>()
                                    .add("us", &JitterParams::us, "less than this long, in us")
                                    .at_least(1)
                                    .defaults("100")
                                    .add("seed", &JitterParams::seed, "changes the times")
                                    .defaults("1"),
                      .tolerance = "exact",
                      .example = "{op: jitter, us: 20}",
                      .reference = "identity",
                      .test_only = true,
                      .make = make_operator<Jitter, JitterParams>()};
}

}  // namespace parfocal
