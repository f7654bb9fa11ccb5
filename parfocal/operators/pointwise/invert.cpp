#include <algorithm>
#include <limits>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"

namespace parfocal {
namespace {

template <class T>
T inverted(T value) {
  if constexpr (std::is_same_v<T, bool>)
    return !value;
  else if constexpr (std::is_floating_point_v<T>)
    return T{1} - value;
  else
    return static_cast<T>(~value);  // the largest minus it; of signed numbers -1 minus it
}

// Bright becomes dark: pixel by pixel, in any place.
class Invert final : public MapOperator {
 public:
  Invert(const NoParams&, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, {inputs[0]}) {}

  bool tileable() const override { return true; }
  int in_place() const override { return 0; }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    const MutableView& to = out[0].image;
    copy_pixels(in[0].image, to);
    dispatch(to.dtype, [&]<class T>() {
      if (to.region.rank == 0) {
        to.scalar<T>() = inverted(to.scalar<T>());
        return;
      }
      const int64_t width = to.region.shape[to.region.rank - 1];
      for_each_run(to, [&](std::byte* bytes, const auto&) {
        T* row = reinterpret_cast<T*>(bytes);
        std::transform(row, row + width, row, inverted<T>);
      });
    });
    return {};
  }
};

}  // namespace

PARFOCAL_OPERATOR(invert) {
  return OperatorInfo{
      .name = "invert",
      .summary = "Makes bright pixels dark and dark ones bright.",
      .family = "pointwise",
      .kind = "map",
      .inputs = {{.doc = "image or mask"}},
      .outputs = {{.doc = "the same dtype: of a mask what it left out; of unsigned integers the "
                          "largest number of the dtype minus the pixel, of signed ones -1 minus "
                          "the pixel, of floats 1 minus the pixel"}},
      .params = Parameters<NoParams>(),
      .tolerance = "exact",
      .example = "{op: invert}",
      .reference = "skimage.util.invert",
      .make = make_operator<Invert, NoParams>()};
}

PARFOCAL_RULES(operators, invert) { return Rules<NoParams>().like_first("out"); }

}  // namespace parfocal
