#include <algorithm>
#include <cmath>
#include <limits>

#include "parfocal/kernels/pixels_above.h"
#include "parfocal/operators/planes.h"
#include "parfocal/operators/threshold/level.h"

namespace parfocal {
namespace {

using namespace threshold_parts;

struct PixelLevelParams {
  std::string method = "li";
  double factor = 1;
  double offset = 0;
};

template <class T>
kernels::Sides sides(const View& image, double from, double level) {
  kernels::Sides all;
  for_each_plane(image.region, [&](const ItemIndex& at) {
    all.add(kernels::pixels_above<T>(plane_of<T>(image, at), from, level));
  });
  return all;
}

// Half the smallest difference between two values of an image, after which Li's level has settled.
// Values that repeat (grey levels as floats) differ by much, all others by next to nothing: a few
// pixels tell that without a sort of all.
template <class T>
class Tolerance {
 public:
  Tolerance(const View& image, std::span<T> sorted) : image_(image), sorted_(sorted) {
    most_ = of(collect(kSample));
  }
  bool reached_by(double move) {
    if (move > most_) return false;
    if (!exact_) most_ = of(collect(image_.region.count())), exact_ = true;
    return move <= most_;
  }

 private:
  static constexpr int64_t kSample = 4096;
  // The first so many finite pixels.
  std::span<T> collect(int64_t limit) {
    size_t used = 0;
    for_each_plane(image_.region, [&](const ItemIndex& at) {
      const auto plane = plane_of<T>(image_, at);
      for (int64_t y = 0; y < plane.height; ++y)
        for (int64_t x = 0; x < plane.width && std::cmp_less(used, limit); ++x)
          if (const T value = plane.row(y)[x]; std::isfinite(value)) sorted_[used++] = value;
    });
    return sorted_.first(used);
  }
  static double of(std::span<T> values) {
    std::sort(values.begin(), values.end());
    double least = std::numeric_limits<double>::infinity();
    for (size_t i = 1; i < values.size(); ++i)
      if (values[i] > values[i - 1])
        least =
            std::min(least, static_cast<double>(values[i]) - static_cast<double>(values[i - 1]));
    return least / 2;
  }
  const View& image_;
  std::span<T> sorted_;
  double most_ = 0;
  bool exact_ = false;
};

template <class T>
double mean_level(const View& image) {
  const kernels::Side all = sides<T>(image, 0, std::numeric_limits<double>::infinity()).below;
  return all.mean();  // NaN of no pixels
}

// From the mean on: the logarithmic mean of the means of both sides. Levels are counted from the
// smallest pixel.
template <class T>
double li_level(const View& image, std::span<T> scratch) {
  kernels::FiniteRange range;
  for_each_plane(image.region,
                 [&](const ItemIndex& at) { kernels::widen<T>(plane_of<T>(image, at), range); });
  if (!range.any) return std::numeric_limits<double>::quiet_NaN();
  if (range.min == range.max) return range.min;
  Tolerance<T> tolerance(image, scratch);
  double level = mean_level<T>(image) - range.min, before = 0;
  do {
    before = level;
    const kernels::Sides parted = sides<T>(image, range.min, level);
    const double below = parted.below.mean(), above = parted.above.mean();
    if (below == 0 || parted.above.pixels == 0) break;
    level = (below - above) / (std::log(below) - std::log(above));
  } while (!tolerance.reached_by(std::abs(level - before)));
  return level + range.min;
}

// Levels of floats by the means of pixels, which bins do not know well enough: the image is gone
// through again for every guess.
class LevelFromPixels final : public MapOperator {
 public:
  LevelFromPixels(const PixelLevelParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, {level_port(inputs[0], "frame")}), p_(p) {}

  int64_t scratch_bytes(const Region&) const override {
    const Layout& image = inputs()[0].layout;
    return p_.method == "mean" ? 0
                               : image.item_count() * static_cast<int64_t>(dtype_size(image.dtype));
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> scratch) const override {
    const View& image = in[0].image;
    dispatch(image.dtype, [&]<class T>() {
      if constexpr (std::is_floating_point_v<T>) {
        const std::span<T> room(reinterpret_cast<T*>(scratch.data()), scratch.size() / sizeof(T));
        const double level = p_.method == "mean" ? mean_level<T>(image) : li_level<T>(image, room);
        out[0].image.scalar<double>() = level * p_.factor + p_.offset;
      }
    });
    return {};
  }

 private:
  PixelLevelParams p_;
};

}  // namespace

PARFOCAL_OPERATOR(level_from_pixels) {
  return OperatorInfo{
      .name = "level_from_pixels",
      .summary = "Finds a level of float images by the means of the pixels on both sides.",
      .family = "threshold",
      .kind = "map",
      .inputs = {{.dtypes = {DType::f32, DType::f64},
                  .doc = "image; pixels that are not finite do not count"}},
      .outputs = {{.doc = "level * factor + offset, one float64"}},
      .params = Parameters<PixelLevelParams>()
                    .add("method", &PixelLevelParams::method, "how the level is found")
                    .choices(method_names([](const auto& m) { return m.of_levels; }))
                    .defaults("li")
                    .add("factor", &PixelLevelParams::factor, "multiplies the level")
                    .defaults("1")
                    .add("offset", &PixelLevelParams::offset, "added to the level after the factor")
                    .defaults("0"),
      .tolerance = "1e-6 of the range of the image, of float64 1e-12",
      .example = "{op: level_from_pixels, method: li}",
      .reference = "skimage.filters.threshold_li, threshold_mean",
      .recipe_only = true,
      .make = make_operator<LevelFromPixels, PixelLevelParams>()};
}

}  // namespace parfocal
