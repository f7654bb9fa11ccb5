#include <cmath>

#include "parfocal/core/rules.h"
#include "parfocal/kernels/compare.h"
#include "parfocal/operators/planes.h"
#include "parfocal/operators/threshold/level.h"

namespace parfocal {
namespace {

constexpr size_t kLevel = 1;  // port

struct CompareParams {
  std::optional<double> value;
  std::string compare = "gt";
  std::string foreground = "bright";
};

void check_level(const CompareParams& p, bool level) {
  if (p.value.has_value() == level)
    fail_layout("a comparison needs exactly one of level and value", p.value ? "both" : "neither",
                "level: <a step>, or value: <a number>", "give one of them");
}

std::vector<PortLayout> mask_of(const CompareParams& p, std::span<const PortLayout> inputs) {
  check_level(p, connected_to(inputs, kLevel) != nullptr);
  Layout layout = inputs[0].layout;
  if (layout.item.empty())
    fail_layout("threshold needs images", layout.str(), "at least one axis inside the item",
                "collect over an axis first");
  layout.dtype = DType::boolean;
  return {image_port(std::move(layout))};
}

template <class T>
constexpr bool kHasKernel =
    !std::is_same_v<T, bool> && (sizeof(T) < 8 || std::is_floating_point_v<T>);

// The complement of a mask; NaN pixels stay background.
template <class T>
void invert(kernels::Plane<const T> image, kernels::Plane<uint8_t> mask) {
  for (int64_t y = 0; y < mask.height; ++y) {
    const T* pixels = image.row(y);
    uint8_t* bits = mask.row(y);
    for (int64_t x = 0; x < mask.width; ++x)
      bits[x] = static_cast<uint8_t>((bits[x] ^ 1) & (pixels[x] == pixels[x]));
  }
}

class CompareThreshold final : public MapOperator {
 public:
  CompareThreshold(const CompareParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs.begin(), inputs.end()}, mask_of(p, inputs)),
        value_(p.value.value_or(0)),
        equal_too_(p.compare == "ge"),
        dark_(p.foreground == "dark") {}

  bool tileable() const override { return true; }
  Region footprint(int input, const Region& out) const override {
    return input == 0 ? out : Region{};
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    const MutableView& mask = out[0].image;
    const View image = subview(in[0].image, mask.region);
    const double level = connected(kLevel) ? in[kLevel].image.scalar<double>() : value_;
    if (std::isnan(level)) {  // of an image of nothing but NaN
      clear_pixels(mask);
      return {};
    }
    dispatch(image.dtype, [&]<class T>() {
      if constexpr (kHasKernel<T>)
        for_each_plane(mask.region, [&](const ItemIndex& at) {
          compare<T>(plane_of<T>(image, at), level, plane_of<uint8_t>(mask, at));
        });
    });
    return {};
  }

 private:
  template <class T>
  void compare(kernels::Plane<const T> image, double level, kernels::Plane<uint8_t> mask) const {
    if (equal_too_)
      kernels::greater_equal<T>(image, level, mask);
    else
      kernels::greater<T>(image, level, mask);
    if (dark_) invert(image, mask);
  }
  double value_;
  bool equal_too_, dark_;
};

}  // namespace

PARFOCAL_OPERATOR(compare_threshold) {
  return OperatorInfo{
      .name = "compare_threshold",
      .summary = "Compares every pixel with a level.",
      .family = "threshold",
      .kind = "map",
      .inputs = {{.dtypes = {DType::u8, DType::u16, DType::u32, DType::i8, DType::i16, DType::i32,
                             DType::f32, DType::f64},
                  .doc = "image"},
                 {.name = "level", .dtypes = {DType::f64}, .optional = true, .doc = "one number"}},
      .outputs = {{.doc = "mask"}},
      .params =
          Parameters<CompareParams>()
              .add("value", &CompareParams::value, "the level, instead of the port")
              .add("compare", &CompareParams::compare, "gt: above the level; ge: or equal to it")
              .choices({"gt", "ge"})
              .defaults("gt")
              .add("foreground", &CompareParams::foreground, "dark: the complement of bright")
              .choices({"bright", "dark"})
              .defaults("bright"),
      .tolerance = "exact",
      .example = "{op: compare_threshold, value: 10}",
      .reference = "comparison of real numbers; NaN is background",
      .recipe_only = true,
      .make = make_operator<CompareThreshold, CompareParams>()};
}

PARFOCAL_RULES(operators, compare_threshold) {
  return Rules<CompareParams>().add({"value", "level"},
                                    [](const CompareParams& p, const Connections& given) {
                                      check_level(p, given.has_input("level"));
                                    });
}

}  // namespace parfocal
