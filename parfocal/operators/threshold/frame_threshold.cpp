#include "parfocal/operators/threshold/level.h"

namespace parfocal {
namespace {

constexpr size_t kLevel = 1;  // port

struct FrameThresholdParams {
  double value = 0;
};

std::vector<PortLayout> number_per_frame(const PortLayout& image) {
  return {threshold_parts::level_port(image, "frame")};
}

// Repeats a level for every frame, so that frames.csv tells it also where it does not vary.
class FrameThreshold final : public MapOperator {
 public:
  FrameThreshold(const FrameThresholdParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs.begin(), inputs.end()}, number_per_frame(inputs[0])), value_(p.value) {}

  bool tileable() const override { return true; }
  // No pixel of the image is read: asking for the whole frame would forbid sweeping in tiles.
  Region footprint(int input, const Region&) const override {
    Region none;
    if (input == 0) none.rank = inputs()[0].layout.whole_item().rank;
    return none;
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    out[0].image.scalar<double>() = connected(kLevel) ? in[kLevel].image.scalar<double>() : value_;
    return {};
  }

 private:
  double value_;
};

}  // namespace

PARFOCAL_OPERATOR(frame_threshold) {
  return OperatorInfo{
      .name = "frame_threshold",
      .summary = "Repeats a level for every frame.",
      .family = "threshold",
      .kind = "map",
      .inputs = {{.doc = "image"},
                 {.name = "level", .dtypes = {DType::f64}, .optional = true, .doc = "one number"}},
      .outputs = {{.doc = "the level, one float64"}},
      .params = Parameters<FrameThresholdParams>()
                    .add("value", &FrameThresholdParams::value, "the level, without the port")
                    .defaults("0"),
      .tolerance = "exact",
      .example = "{op: frame_threshold, value: 10}",
      .reference = "identity",
      .recipe_only = true,
      .make = make_operator<FrameThreshold, FrameThresholdParams>()};
}

}  // namespace parfocal
