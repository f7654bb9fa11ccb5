#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/kernels/distinct_labels.h"
#include "parfocal/operators/objects/objects.h"
#include "parfocal/operators/planes.h"

namespace parfocal {
namespace {

std::vector<PortLayout> number_of(const PortLayout& labels) {
  Layout layout = labels.layout;
  objects::need_plane("count", layout);
  layout.dtype = DType::i64;
  layout.item.clear();
  return {image_port(std::move(layout))};
}

// Each label that occurs is an object, whatever was done to a label image. What is above the number
// of pixels (and 65535) is none: an inverted label, a grey level.
class Count final : public MapOperator {
 public:
  Count(const NoParams&, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, number_of(inputs[0])) {}

  int64_t scratch_bytes(const Region&) const override {
    return static_cast<int64_t>(kernels::distinct_labels_scratch_bytes(most()));
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> scratch) const override {
    const View& labels = in[0].image;
    kernels::DistinctLabels seen(scratch.data(), most());
    for_each_plane(labels.region, [&](const ItemIndex& at) {
      if (labels.dtype == DType::u16)
        seen.add(plane_of<uint16_t>(labels, at));
      else
        seen.add(plane_of<uint32_t>(labels, at));
    });
    if (seen.largest() > most())
      return Status::fail(Issue{"count found numbers that are no labels", "",
                                std::to_string(seen.largest()),
                                "labels up to " + std::to_string(most()), objects::kNumberAnew});
    out[0].image.scalar<int64_t>() = seen.count();
    return {};
  }

 private:
  // A part of an image may have labels above the number of its pixels.
  int64_t most() const { return std::max<int64_t>(65535, inputs()[0].layout.item_count()); }
};

}  // namespace

PARFOCAL_OPERATOR(count) {
  return OperatorInfo{
      .name = "count",
      .summary =
          "Counts the objects of a label image, the labels that occur in it: of a z-stack one "
          "number for each plane.",
      .family = "objects",
      .kind = "map",
      .inputs = {{.dtypes = {DType::u16, DType::u32},
                  .doc = "labels, as label gives them; none above 65535 and the number of pixels"}},
      .outputs = {{.name = "count", .doc = "number of objects, one int64", .frame_column = true}},
      .params = Parameters<NoParams>(),
      .tolerance = "exact",
      .example = "{op: count}",
      .reference = "number of numpy.unique of the labels above 0",
      .make = make_operator<Count, NoParams>()};
}

PARFOCAL_RULES(operators, count) {
  return Rules<NoParams>().labels("in").takes_images("in").makes_number("count", DType::i64);
}

}  // namespace parfocal
