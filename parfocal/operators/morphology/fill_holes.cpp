#include "parfocal/kernels/fill_holes.h"

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/operators/planes.h"

namespace parfocal {
namespace {

std::vector<PortLayout> filled(const PortLayout& in) {
  if (in.layout.item.size() < 2)
    fail_layout("fill_holes needs masks of images", in.layout.str(),
                "at least two axes inside the item", "collect over an axis first");
  return {in};
}

class FillHoles final : public MapOperator {
 public:
  FillHoles(const NoParams&, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, filled(inputs[0])) {}

  int in_place() const override { return 0; }
  int64_t scratch_bytes(const Region&) const override {
    const Region whole = inputs()[0].layout.whole_item();
    const auto x = static_cast<size_t>(whole.rank) - 1;
    return static_cast<int64_t>(
        kernels::fill_holes_scratch_bytes(whole.shape[x], whole.shape[x - 1]));
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> scratch) const override {
    for_each_plane(out[0].image.region, [&](const ItemIndex& at) {
      kernels::fill_holes(plane_of<uint8_t>(in[0].image, at), plane_of<uint8_t>(out[0].image, at),
                          scratch.data());
    });
    return {};
  }
};

}  // namespace

PARFOCAL_OPERATOR(fill_holes) {
  return OperatorInfo{
      .name = "fill_holes",
      .summary =
          "Fills the holes of a mask, plane by plane: background that does not reach the "
          "edge of the image.",
      .family = "morphology",
      .kind = "map",
      .inputs = {{.dtypes = {DType::boolean}, .doc = "mask"}},
      .outputs = {{.doc = "mask; background is joined over the four sides of a pixel"}},
      .params = Parameters<NoParams>(),
      .tolerance = "exact",
      .example = "{op: fill_holes}",
      .reference = "scipy.ndimage.binary_fill_holes of each plane",
      .make = make_operator<FillHoles, NoParams>()};
}

PARFOCAL_RULES(operators, fill_holes) {
  return Rules<NoParams>().takes_images("in").makes_pixels("out", {DType::boolean});
}

}  // namespace parfocal
