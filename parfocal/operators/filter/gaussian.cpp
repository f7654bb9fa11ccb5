#include "parfocal/kernels/gaussian.h"

#include <cmath>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/operators/planes.h"

namespace parfocal {
namespace {

struct GaussianParams {
  std::vector<Length> sigma;
};

const Axis& plane_axis(const Layout& layout, size_t from_end) {
  if (layout.item.size() < 2)
    fail_layout("gaussian needs images", layout.str(), "at least two axes inside the item",
                "collect over an axis first");
  return layout.item[layout.item.size() - from_end];
}

void check_sigma_px(double sigma) {
  if (!(sigma >= 0) || sigma > 1e5)
    fail_layout("sigma is out of range", std::to_string(sigma) + " px", "0..100000 px",
                "choose another sigma");
}

void check_sigma(const GaussianParams& p, const Connections& = {}) {
  if (p.sigma.size() != 1 && p.sigma.size() != 2)
    fail_layout("gaussian needs one sigma, or one for y and one for x",
                std::to_string(p.sigma.size()) + " values", "1 or 2 lengths",
                "write sigma: 1 px or sigma: [2 px, 1 px]");
  for (const Length& length : p.sigma)
    if (length.unit == "px") check_sigma_px(length.value);
}

// In pixels along y (axis 0) or x (axis 1).
double sigma_px(const GaussianParams& p, const Layout& layout, size_t axis) {
  check_sigma(p);
  const Length& length = p.sigma.size() == 1 ? p.sigma[0] : p.sigma[axis];
  const double sigma = length_in_pixels(length, plane_axis(layout, 2 - axis));
  check_sigma_px(sigma);
  return sigma;
}

std::vector<double> half_weights(double sigma) {
  std::vector<double> weights(static_cast<size_t>(kernels::gaussian_radius(sigma)) + 1);
  kernels::gaussian_weights(sigma, weights.data());
  return weights;
}

DType blurred_dtype(DType in) { return in == DType::f64 ? DType::f64 : DType::f32; }

std::vector<PortLayout> blurred(const PortLayout& in) {
  PortLayout out = in;
  out.layout.dtype = blurred_dtype(in.layout.dtype);
  return {out};
}

template <class T>
constexpr bool kHasKernel =
    std::is_floating_point_v<T> || std::is_same_v<T, uint8_t> || std::is_same_v<T, uint16_t> ||
    std::is_same_v<T, int16_t> || std::is_same_v<T, uint32_t> || std::is_same_v<T, int32_t>;

class Gaussian final : public MapOperator {
 public:
  Gaussian(const GaussianParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, blurred(inputs[0])),
        weights_y_(half_weights(sigma_px(p, inputs[0].layout, 0))),
        weights_x_(half_weights(sigma_px(p, inputs[0].layout, 1))),
        item_(inputs[0].layout.whole_item()),
        y_(item_.rank - 2) {}

  bool tileable() const override { return true; }
  Region footprint(int, const Region& out) const override {
    return clipped(grown(grown(out, y_, radius(weights_y_)), y_ + 1, radius(weights_x_)), item_);
  }
  int64_t scratch_bytes(const Region& out) const override {
    return static_cast<int64_t>(
        kernels::gaussian_scratch_bytes(out.shape[static_cast<size_t>(y_) + 1], radius(weights_y_),
                                        radius(weights_x_), dtype_size(outputs()[0].layout.dtype)));
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> scratch) const override {
    dispatch(in[0].image.dtype, [&]<class T>() {
      if constexpr (kHasKernel<T>) planes<T>(in[0].image, out[0].image, scratch);
    });
    return {};
  }

 private:
  static int64_t radius(const std::vector<double>& weights) {
    return static_cast<int64_t>(weights.size()) - 1;
  }
  // Blurs plane after plane: leading axes (z inside the item) are not mixed.
  template <class T>
  void planes(const View& from, const MutableView& to, std::span<std::byte> scratch) const {
    const kernels::ImageTile tile = tile_of(item_, from.region, to.region);
    const kernels::GaussianAxis vertical{weights_y_.data(), radius(weights_y_)};
    const kernels::GaussianAxis horizontal{weights_x_.data(), radius(weights_x_)};
    for_each_plane(to.region, [&](const ItemIndex& at) {
      kernels::gaussian<T>(plane_of<T>(from, at), plane_of<kernels::gaussian_result_t<T>>(to, at),
                           tile, vertical, horizontal, scratch.data());
    });
  }

  std::vector<double> weights_y_, weights_x_;
  Region item_;
  int y_;
};

}  // namespace

PARFOCAL_OPERATOR(gaussian) {
  return OperatorInfo{
      .name = "gaussian",
      .summary = "Blurs every plane with a Gaussian.",
      .family = "filter",
      .kind = "map",
      .inputs = {{.dtypes = {DType::u8, DType::u16, DType::u32, DType::i16, DType::i32, DType::f32,
                             DType::f64},
                  .doc = "image, y and x last"}},
      .outputs = {{.doc = "float32, or float64 for float64"}},
      .params = Parameters<GaussianParams>()
                    .add("sigma", &GaussianParams::sigma,
                         "standard deviation: one length, or [along y, along x]; the kernel ends "
                         "at 4 sigma and edges reflect")
                    .required()
                    .at_least(0),
      .tolerance =
          "1e-6 of the largest input value for float32 (1e-5 where sigma is above 200 px); "
          "1e-14 for float64. Sums of float32 above 3.4e38 are infinite: where pixels are "
          "above half of that, cast to float64 before",
      .example = "{op: gaussian, sigma: 1 px}",
      .reference = "scipy.ndimage.gaussian_filter(mode='reflect', truncate=4)",
      .make = make_operator<Gaussian, GaussianParams>()};
}

PARFOCAL_RULES(operators, gaussian) {
  return Rules<GaussianParams>()
      .add({"sigma"}, check_sigma)
      .takes_images("in")
      .makes_by("out", [](const GaussianParams&, const ItemFacts& in) {
        return ItemFacts{each_dtype(in, blurred_dtype), in.shape};
      });
}

}  // namespace parfocal
