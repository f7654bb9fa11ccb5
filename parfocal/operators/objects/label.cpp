#include "parfocal/kernels/label.h"

#include "parfocal/core/rules.h"
#include "parfocal/operators/objects/objects.h"
#include "parfocal/operators/planes.h"

namespace parfocal {
namespace {

using namespace objects;

struct LabelParams {
  int64_t connectivity = 8;
  int64_t max_objects = kDefaultMaxObjects;
};

std::vector<PortLayout> labels_of(const PortLayout& in) {
  need_plane("label", in.layout);
  Layout layout = in.layout;
  layout.dtype = DType::u32;
  return {image_port(std::move(layout))};
}

class Label final : public MapOperator {
 public:
  Label(const LabelParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, labels_of(inputs[0])),
        connectivity_(connectivity_of(p.connectivity)),
        max_objects_(p.max_objects) {}

  int64_t scratch_bytes(const Region&) const override {
    const Region whole = inputs()[0].layout.whole_item();
    return static_cast<int64_t>(
        kernels::label_scratch_bytes(whole.shape[1], whole.shape[0], connectivity_));
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> scratch) const override {
    const uint32_t found = kernels::label(plane_of<uint8_t>(in[0].image, {}), connectivity_,
                                          plane_of<uint32_t>(out[0].image, {}), scratch.data());
    return found > max_objects_ ? too_many_objects("label", found, max_objects_) : Status();
  }

 private:
  kernels::Connectivity connectivity_;
  int64_t max_objects_;
};

}  // namespace

PARFOCAL_OPERATOR(label) {
  return OperatorInfo{
      .name = "label",
      .summary =
          "Numbers the connected objects of a mask, plane by plane: those of a z-stack are not "
          "joined "
          "along z.",
      .family = "objects",
      .kind = "map",
      .inputs = {{.dtypes = {DType::boolean}, .doc = "mask"}},
      .outputs = {{.doc = "0 for background, 1..n in raster order of each object's first pixel"}},
      .params = with_max_objects(Parameters<LabelParams>()
                                     .add("connectivity", &LabelParams::connectivity,
                                          "8 joins diagonal neighbours, 4 does not")
                                     .defaults("8")),
      .tolerance = "exact",
      .example = "{op: label}",
      .reference = "skimage.measure.label of each plane",
      .make = make_operator<Label, LabelParams>()};
}

PARFOCAL_RULES(operators, label) {
  return connectivity_rules<LabelParams>().takes_images("in").makes_pixels("out", {DType::u32});
}

}  // namespace parfocal
