#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/operators/objects/largest_label.h"

namespace parfocal {
namespace {

std::vector<PortLayout> number_of(const PortLayout& labels) {
  Layout layout = labels.layout;
  if (layout.item.empty())
    fail_layout("count needs label images", layout.str(), "at least one axis inside the item",
                "count the output of label");
  layout.dtype = DType::i64;
  layout.item.clear();
  return {image_port(std::move(layout))};
}

// Labels are consecutive, so the largest is the number of objects.
class Count final : public MapOperator {
 public:
  Count(const NoParams&, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, number_of(inputs[0])) {}

  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    out[0].image.scalar<int64_t>() = objects::largest_label(in[0].image);
    return {};
  }
};

}  // namespace

PARFOCAL_OPERATOR(count) {
  return OperatorInfo{
      .name = "count",
      .summary =
          "Counts the objects of a label image, plane by plane: of a z-stack one number for each "
          "plane.",
      .family = "objects",
      .kind = "map",
      .inputs = {{.dtypes = {DType::u16, DType::u32}, .doc = "labels 1..n, as label gives them"}},
      .outputs = {{.name = "count",
                   .doc = "number of objects: the largest label, one int64",
                   .frame_column = true}},
      .params = Parameters<NoParams>(),
      .tolerance = "exact",
      .example = "{op: count}",
      .reference = "numpy.max of skimage.measure.label",
      .make = make_operator<Count, NoParams>()};
}

PARFOCAL_RULES(operators, count) {
  return Rules<NoParams>().labels("in").takes_images("in").makes_number("count", DType::i64);
}

}  // namespace parfocal
