#include <algorithm>
#include <cmath>
#include <limits>

#include "parfocal/kernels/histogram.h"
#include "parfocal/kernels/level_methods.h"
#include "parfocal/operators/planes.h"
#include "parfocal/operators/threshold/level.h"

namespace parfocal {
namespace {

using namespace threshold_parts;

// Floats, over 256 equal bins between the smallest and the largest pixel, which a value_range of
// the same span found before.
class LevelFromBins final : public FoldOperator {
 public:
  LevelFromBins(const LevelParams& p, std::span<const PortLayout> inputs)
      : FoldOperator({inputs.begin(), inputs.end()}, {level_port(inputs[0], p.per)}),
        p_(p),
        method_(*kernels::level_method(p.method)) {}

  int64_t state_bytes(const Region&) const override { return sizeof(State); }
  void init(std::span<std::byte> memory, const Region&) const override { state(memory) = {}; }
  Status accumulate(std::span<std::byte> memory, std::span<const Input> in,
                    int64_t) const override {
    State& s = state(memory);
    const View& image = in[0].image;
    const double* range = in[1].image.as<double>();
    s.low = range[0];
    s.high = range[1];
    ++s.items;
    if (std::isinf(s.low) || std::isinf(s.high))
      return Status::fail("the bins of a histogram cannot span infinite pixels",
                          "use method: value, or remove the infinities before");
    const bool single = image.dtype == DType::f32;
    if (s.has_bins() && !(single ? can_be_halved<float>(s) : can_be_halved<double>(s)))
      return Status::fail(
          "the bins of a histogram cannot span pixels beyond half the largest " +
              std::string(dtype_name(image.dtype)),
          single ? "add a step before: {op: cast, dtype: float64}" : "use method: value");
    if (!s.has_bins()) return {};
    dispatch(image.dtype, [&]<class T>() {
      if constexpr (std::is_floating_point_v<T>)
        for_each_plane(image.region, [&](const ItemIndex& at) {
          kernels::histogram_float<T>(plane_of<T>(image, at), static_cast<T>(s.low),
                                      static_cast<T>(s.high), s.plane_counts);
          for (size_t i = 0; i < kernels::kFloatBins; ++i) s.counts[i] += s.plane_counts[i];
        });
    });
    return {};
  }
  Status combine(std::span<std::byte> memory, std::span<const std::byte> later) const override {
    State& s = state(memory);
    const State& from = *reinterpret_cast<const State*>(later.data());
    if (from.items == 0) return {};
    s.low = from.low;
    s.high = from.high;
    s.items += from.items;
    for (size_t i = 0; i < kernels::kFloatBins; ++i) s.counts[i] += from.counts[i];
    return {};
  }
  Status finalize(std::span<std::byte> memory, Output& out) const override {
    State& s = state(memory);
    if (s.items == 0) return no_images();
    if (!s.has_bins()) {
      out.image.scalar<double>() = p_.effective(s.low);
      return {};
    }
    const bool single = inputs()[0].layout.dtype == DType::f32;
    if (single)
      kernels::float_bin_centres(static_cast<float>(s.low), static_cast<float>(s.high), s.centres);
    else
      kernels::float_bin_centres(s.low, s.high, s.centres);
    return p_.tell(method_, {s.counts, 0, s.centres, single}, s.scratch, out);
  }

 private:
  struct State {
    int64_t items = 0;
    double low = 0, high = 0;
    uint64_t counts[kernels::kFloatBins] = {};
    uint32_t plane_counts[kernels::kFloatBins] = {};
    double centres[kernels::kFloatBins] = {};
    double scratch[kernels::kFloatBins] = {};
    // False for constant images (and those too flat to divide) and for nothing but NaN: then the
    // level is the value itself.
    bool has_bins() const {
      return low < high && std::isfinite(static_cast<double>(kernels::kFloatBins) / (high - low));
    }
  };
  // The middle of a bin is half the sum of its edges, in the dtype of the image.
  template <class T>
  static bool can_be_halved(const State& s) {
    constexpr double most = std::numeric_limits<T>::max() / 2;
    return !(s.low < -most) && !(s.high > most);
  }
  static State& state(std::span<std::byte> memory) {
    return *reinterpret_cast<State*>(memory.data());
  }
  LevelParams p_;
  const kernels::LevelMethod& method_;
};

}  // namespace

PARFOCAL_OPERATOR(level_from_bins) {
  return OperatorInfo{
      .name = "level_from_bins",
      .summary = "Finds a level from the histogram of float images.",
      .family = "threshold",
      .kind = "fold",
      .inputs = {{.dtypes = {DType::f32, DType::f64}, .doc = "image"},
                 {.name = "range", .dtypes = {DType::f64}, .doc = "from value_range"}},
      .outputs = {{.doc =
                       "level * factor + offset, one float64; the level is the middle of a bin"}},
      .params = level_params(method_names([](const auto& m) { return !m.of_levels; })),
      .tolerance = "1e-12 relative to the range of the image",
      .example = "{op: level_from_bins, method: otsu, range: spread}",
      .reference = "skimage.filters.threshold_otsu, _yen, _isodata, _triangle, _minimum; 256 bins",
      .recipe_only = true,
      .make = make_operator<LevelFromBins, LevelParams>()};
}

}  // namespace parfocal
