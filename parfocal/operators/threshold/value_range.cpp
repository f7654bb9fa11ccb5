#include <algorithm>

#include "parfocal/kernels/histogram.h"
#include "parfocal/kernels/sums.h"
#include "parfocal/operators/planes.h"
#include "parfocal/operators/threshold/level.h"

namespace parfocal {
namespace {

using namespace threshold_parts;

struct RangeParams {
  std::string per = "frame";
};

std::vector<PortLayout> range_of(const RangeParams& p, const PortLayout& image) {
  PortLayout out = level_port(image, p.per);
  out.layout.item = {Axis{"range", 2, 1, "", {}}};
  return {out};
}

// Smallest and largest pixel, NaN left out; NaN, NaN when there is nothing else.
class ValueRange final : public FoldOperator {
 public:
  ValueRange(const RangeParams& p, std::span<const PortLayout> inputs)
      : FoldOperator({inputs[0]}, range_of(p, inputs[0])) {}

  int64_t state_bytes(const Region&) const override { return sizeof(State); }
  void init(std::span<std::byte> memory, const Region&) const override { state(memory) = {}; }
  Status accumulate(std::span<std::byte> memory, std::span<const Input> in,
                    int64_t) const override {
    State& s = state(memory);
    const View& image = in[0].image;
    ++s.items;
    dispatch(image.dtype, [&]<class T>() {
      if constexpr (std::is_floating_point_v<T>)
        for_each_plane(image.region, [&](const ItemIndex& at) {
          const auto found = kernels::min_max<T>(plane_of<T>(image, at));
          if (found.any) s.add({1, true, found.min, found.max});
        });
      else if constexpr (!std::is_same_v<T, bool>)
        for_each_run(image, [&](const std::byte* run, const auto&) {
          const auto found = kernels::row_extremes(reinterpret_cast<const T*>(run),
                                                   image.region.shape[image.region.rank - 1]);
          s.add({1, true, static_cast<double>(found.min), static_cast<double>(found.max)});
        });
    });
    return {};
  }
  Status combine(std::span<std::byte> memory, std::span<const std::byte> later) const override {
    const State& from = *reinterpret_cast<const State*>(later.data());
    state(memory).items += from.items;
    if (from.any) state(memory).add(from);
    return {};
  }
  Status finalize(std::span<std::byte> memory, Output& out) const override {
    const State& s = state(memory);
    if (s.items == 0) return no_images();
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    double* range = out.image.as<double>();
    range[0] = s.any ? s.min : kNone;
    range[1] = s.any ? s.max : kNone;
    return {};
  }

 private:
  struct State {
    int64_t items = 0;
    bool any = false;
    double min = 0, max = 0;
    void add(const State& other) {
      min = any ? std::min(min, other.min) : other.min;
      max = any ? std::max(max, other.max) : other.max;
      any = true;
    }
  };
  static State& state(std::span<std::byte> memory) {
    return *reinterpret_cast<State*>(memory.data());
  }
};

}  // namespace

PARFOCAL_OPERATOR(value_range) {
  return OperatorInfo{
      .name = "value_range",
      .summary = "Finds the smallest and the largest pixel.",
      .family = "threshold",
      .kind = "fold",
      .inputs = {{.dtypes = number_dtypes(), .doc = "image"}},
      .outputs = {{.doc = "smallest and largest as float64 along an axis named range; NaN is left "
                          "out"}},
      .params = Parameters<RangeParams>()
                    .add("per", &RangeParams::per, "one range for each frame, or for the stack")
                    .choices({"frame", "stack"})
                    .defaults("frame"),
      .tolerance = "exact",
      .example = "{op: value_range}",
      .reference = "numpy.nanmin, numpy.nanmax",
      .recipe_only = true,
      .make = make_operator<ValueRange, RangeParams>()};
}

}  // namespace parfocal
