#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <type_traits>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/kernels/pointwise.h"
#include "parfocal/operators/planes.h"
#include "parfocal/operators/pointwise/intensity_range.h"
#include "parfocal/operators/raw_number.h"

namespace parfocal {

namespace {

// What scikit-image calls the range of a pixel type: all integers it holds, of floats -1 to 1.
std::pair<double, double> dtype_range(DType dtype) {
  return dispatch(dtype, []<class T>() -> std::pair<double, double> {
    if constexpr (std::is_floating_point_v<T>) return {-1, 1};
    return {static_cast<double>(std::numeric_limits<T>::min()),
            static_cast<double>(std::numeric_limits<T>::max())};
  });
}

constexpr size_t kRange = 1;  // port

struct RescaleParams {
  IntensityRange in_range{"image"};
  IntensityRange out_range{"dtype"};
  std::string per = "frame";
};

std::optional<DType> named(const std::string& word) {
  DType dtype{};
  const bool known = !ParamTraits<DType>::parse(RawValue::scalar(word), dtype);
  return known && dtype != DType::boolean ? std::optional(dtype) : std::nullopt;
}

bool is_word(const IntensityRange& range, std::string_view own) {
  return range.word == own || range.word == "dtype" || named(range.word);
}

void check_ranges(const RescaleParams& p, const Connections& = {}) {
  const auto check = [](const IntensityRange& range, const std::string& key, std::string_view own) {
    if (!range.word.empty() && !is_word(range, own))
      fail_layout(
          key + " is not a range", range.word,
          (own.empty() ? "" : std::string(own) + ", ") + "dtype, a pixel type, or [low, high]",
          "write e.g. " + key + ": [0, 255]");
    if (range.word.empty() && !(range.low < range.high && std::isfinite(range.high - range.low)))
      fail_layout(key + " has no width",
                  std::to_string(range.low) + " to " + std::to_string(range.high),
                  "two finite numbers, the smaller one first", "write e.g. " + key + ": [0, 255]");
  };
  check(p.in_range, "in_range", "image");
  check(p.out_range, "out_range", "");
}

bool by_image(const RescaleParams& p) { return p.in_range.word == "image"; }

// A pair of numbers makes floats; a word keeps the dtype, or is one.
DType result_dtype(const RescaleParams& p, DType in) {
  if (p.out_range.word.empty()) return in == DType::f32 ? DType::f32 : DType::f64;
  return p.out_range.word == "dtype" ? in : *named(p.out_range.word);
}

std::pair<double, double> numbers(const IntensityRange& range, DType dtype) {
  if (range.word.empty()) return {range.low, range.high};
  return dtype_range(range.word == "dtype" ? dtype : *named(range.word));
}

Expansion expand_rescale(const RescaleParams& p, std::span<const PortLayout>) {
  check_ranges(p);
  const auto text = [](const IntensityRange& range) {
    if (!range.word.empty()) return RawValue::scalar(range.word);
    return RawValue::list({raw_number(range.low), raw_number(range.high)});
  };
  Expansion e;
  RecipeNode scaled{"scaled", "rescale_from", RawValue::map(), {"$in"}};
  scaled.params.set("in_range", text(p.in_range));
  scaled.params.set("out_range", text(p.out_range));
  if (by_image(p)) {
    e.nodes.push_back({"range", "value_range", RawValue::map(), {"$in"}});
    e.nodes.back().params.set("per", RawValue::scalar(p.per));
    scaled.inputs.push_back("range");
  }
  e.nodes.push_back(scaled);
  e.outputs = {"scaled"};
  return e;
}

std::vector<PortLayout> rescaled(const RescaleParams& p, const PortLayout& in) {
  check_ranges(p);
  Layout layout = in.layout;
  layout.dtype = result_dtype(p, layout.dtype);
  return {image_port(std::move(layout))};
}

struct Ranges {
  double low, high, out_low, out_high;
};

// Clipped to the range, moved to 0..1, and from there to the other range: in float32 for float32,
// as numpy computes it, else in double. Integers drop the fraction.
template <class In, class Out>
void rescale_row(const Ranges& by, const std::byte* from, int64_t count, std::byte* to) {
  using Real = std::conditional_t<std::is_same_v<In, float>, float, double>;
  constexpr int64_t kBlock = 512;
  Real block[kBlock];
  const auto low = static_cast<Real>(by.low), high = static_cast<Real>(by.high);
  const auto width = static_cast<Real>(by.high - by.low);
  const auto out_low = static_cast<Real>(by.out_low), out_high = static_cast<Real>(by.out_high);
  const auto out_width = static_cast<Real>(by.out_high - by.out_low);
  const bool flat = by.low == by.high;
  for (int64_t i = 0; i < count; i += kBlock) {
    const int64_t n = std::min(kBlock, count - i);
    const In* pixels = reinterpret_cast<const In*>(from) + i;
    for (int64_t k = 0; k < n; ++k) {
      const auto value = static_cast<Real>(pixels[k]);
      const Real clipped = value < low ? low : value > high ? high : value;
      block[k] = flat ? (clipped < out_low    ? out_low
                         : clipped > out_high ? out_high
                                              : clipped)
                      : (clipped - low) / width * out_width + out_low;
    }
    kernels::convert(block, n, reinterpret_cast<Out*>(to) + i, kernels::Casting::saturate);
  }
}

using RowFunction = void (*)(const Ranges&, const std::byte* from, int64_t count, std::byte* to);
RowFunction row_function(DType from, DType to) {
  return dispatch(from, [to]<class In>() {
    return dispatch(to, []<class Out>() -> RowFunction {
      if constexpr (std::is_same_v<In, bool> || std::is_same_v<Out, bool>)
        return nullptr;
      else
        return rescale_row<In, Out>;
    });
  });
}

class RescaleFrom final : public MapOperator {
 public:
  RescaleFrom(const RescaleParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs.begin(), inputs.end()}, rescaled(p, inputs[0])),
        p_(p),
        row_(row_function(inputs[0].layout.dtype, outputs()[0].layout.dtype)) {
    if (by_image(p) != connected(kRange) ||
        (connected(kRange) && inputs[kRange].layout.item_count() != 2))
      fail_layout("a range of the image comes by the port range, any other one by in_range",
                  p.in_range.word, "one of them", "write in_range: [0, 255], or connect range");
  }

  bool tileable() const override { return true; }
  Region footprint(int input, const Region& out) const override {
    return input == 0 ? out : inputs()[kRange].layout.whole_item();
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    const MutableView& to = out[0].image;
    const View& from = in[0].image;
    const Ranges by = ranges(in);
    if (to.region.rank == 0) {
      row_(by, from.data, 1, to.data);
      return {};
    }
    const int64_t width = to.region.shape[to.region.rank - 1];
    for_each_run(
        to, [&](std::byte* run, const ItemIndex& at) { row_(by, pixel_at(from, at), width, run); });
    return {};
  }

 private:
  // Of types that hold negative numbers the upper half, if there are none.
  Ranges ranges(std::span<const Input> in) const {
    Ranges by{};
    if (connected(kRange)) {
      const double* range = in[kRange].image.as<double>();
      by.low = range[0], by.high = range[1];
    } else {
      std::tie(by.low, by.high) = numbers(p_.in_range, inputs()[0].layout.dtype);
    }
    std::tie(by.out_low, by.out_high) = numbers(p_.out_range, inputs()[0].layout.dtype);
    if (!p_.out_range.word.empty() && by.low >= 0) by.out_low = 0;
    return by;
  }
  RescaleParams p_;
  RowFunction row_;
};

Parameters<RescaleParams> range_params() {
  return Parameters<RescaleParams>()
      .add("in_range", &RescaleParams::in_range,
           "what becomes the lowest and the highest value, beyond which pixels are clipped: image "
           "(its smallest and largest pixel, NaN left out), dtype, a pixel type, or [low, high]")
      .defaults("image")
      .add("out_range", &RescaleParams::out_range,
           "what they become: dtype (of the image), a pixel type, which is then that of the "
           "output, or "
           "[low, high], which makes floats. Floats have the range -1 to 1; of a type the negative "
           "half is used only if in_range is negative")
      .defaults("dtype");
}

ItemFacts rescaled_facts(const RescaleParams& p, const ItemFacts& in) {
  return {each_dtype(in, [&](DType dtype) { return result_dtype(p, dtype); }), in.shape};
}

}  // namespace

PARFOCAL_OPERATOR(rescale) {
  return OperatorInfo{
      .name = "rescale",
      .summary = "Stretches or compresses the range of pixel values.",
      .family = "pointwise",
      .kind = "recipe",
      .inputs = {{.dtypes = number_dtypes(), .doc = "image"}},
      .outputs = {{.doc = "image; integers drop the fraction"}},
      .params = range_params()
                    .add("per", &RescaleParams::per,
                         "in_range image: frame: of each frame; stack: one for all frames")
                    .choices({"frame", "stack"})
                    .defaults("frame"),
      .tolerance = "exact",
      .example = "{op: rescale, in_range: image, out_range: [0, 1]}",
      .reference = "skimage.exposure.rescale_intensity",
      .expand = expand_recipe<RescaleParams>(expand_rescale)};
}

PARFOCAL_RULES(operators, rescale) {
  return Rules<RescaleParams>()
      .add({"in_range", "out_range"}, check_ranges)
      .takes_images("in")
      .makes_by("out", rescaled_facts);
}

PARFOCAL_OPERATOR(rescale_from) {
  return OperatorInfo{.name = "rescale_from",
                      .summary = "Moves pixel values from one range to another one.",
                      .family = "pointwise",
                      .kind = "map",
                      .inputs = {{.dtypes = number_dtypes(), .doc = "image"},
                                 {.name = "range",
                                  .dtypes = {DType::f64},
                                  .optional = true,
                                  .doc = "from value_range"}},
                      .outputs = {{.doc = "image"}},
                      .params = range_params(),
                      .tolerance = "exact",
                      .example = "{op: rescale_from, in_range: [0, 255]}",
                      .reference = "skimage.exposure.rescale_intensity",
                      .recipe_only = true,
                      .make = make_operator<RescaleFrom, RescaleParams>()};
}

}  // namespace parfocal
