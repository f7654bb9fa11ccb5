#include <algorithm>

#include "parfocal/operators/background/background_params.h"
#include "parfocal/operators/background/frames.h"

namespace parfocal {
namespace {

using namespace background;

std::vector<PortLayout> lookup_ports(std::span<const PortLayout> inputs) {
  const Layout& image = inputs[0].layout;
  const Layout& planes = inputs[1].layout;
  const SeriesShape shape(image);
  if (planes.find_stream("t") >= 0 || planes.item.size() != 3 || planes.dtype != image.dtype ||
      planes.item[1].size != shape.height || planes.item[2].size != shape.width)
    fail_layout("these are not the backgrounds of a series of such frames", planes.str(),
                "step y x of the frames, without t", "use background_sparse_median");
  if (inputs[2].table.columns != steps_schema(0).columns || inputs[2].layout.find_stream("t") >= 0)
    fail_layout("these are not the steps of a series of backgrounds", inputs[2].layout.str(),
                "the steps of background_series", "use background_sparse_median");
  Layout scalar = image;
  scalar.item.clear();
  Layout offset = scalar, index = scalar;
  offset.dtype = DType::f64;
  index.dtype = DType::i64;
  return {image_port(image), image_port(std::move(offset)), image_port(std::move(index))};
}

// The background of each frame out of a finished series.
class BackgroundLookup final : public MapOperator {
 public:
  BackgroundLookup(const NoParams&, std::span<const PortLayout> inputs)
      : MapOperator({inputs.begin(), inputs.end()}, lookup_ports(inputs)),
        shape_(inputs[0].layout) {}

  int64_t input_window(int input) const override {
    return input == 1 ? inputs()[0].layout.item_bytes() : -1;
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    const TableView& steps = in[2].table;
    const int64_t frame = in[0].header->coordinates[shape_.t];
    const auto* ends = steps.column<int64_t>(steps_column::end_frame);
    const auto* found = std::upper_bound(ends, ends + steps.rows, frame);
    const int64_t index = found - ends;
    const View& planes = in[1].image;
    if (index >= steps.rows || index >= planes.region.shape[0])
      return Status::fail("the series has no background for this frame",
                          "make the series of the same frames");
    Region plane = planes.region;
    plane.origin[0] = index;
    plane.shape[0] = 1;
    const View background = subview(planes, plane);
    copy_pixels(View{background.data,
                     background.dtype,
                     out[0].image.region,
                     {background.strides[1], background.strides[2]}},
                out[0].image);
    out[1].image.scalar<double>() = offset(in[0].image, steps, index);
    out[2].image.scalar<int64_t>() = index;
    return {};
  }

 private:
  double offset(const View& image, const TableView& steps, int64_t index) const {
    if (!steps.column<int64_t>(steps_column::corrected)[index]) return 0;
    const double of_background = steps.column<double>(steps_column::top_mean)[index];
    return (image.dtype == DType::u8 ? top_of<uint8_t>(image) : top_of<uint16_t>(image)) -
           of_background;
  }
  template <class T>
  double top_of(const View& image) const {
    uint64_t sum = 0;
    const int64_t rows = std::min(kTopRows, shape_.height);
    for (int64_t y = 0; y < rows; ++y) sum += kernels::row_sum(image.row<T>(y), shape_.width);
    return static_cast<double>(sum) / static_cast<double>(rows * shape_.width);
  }
  SeriesShape shape_;
};

}  // namespace

PARFOCAL_OPERATOR(background_lookup) {
  return OperatorInfo{
      .name = "background_lookup",
      .summary = "Gives each frame its background out of a finished series.",
      .family = "background",
      .kind = "map",
      .inputs = {{.name = "image", .dtypes = {DType::u8, DType::u16}, .doc = "frames"},
                 {.name = "backgrounds",
                  .dtypes = {DType::u8, DType::u16},
                  .doc = "Value: backgrounds of background_series"},
                 {.name = "steps",
                  .kind = PortKind::table,
                  .doc = "Value: steps of background_series"}},
      .outputs = {{.name = "background", .doc = "the background, with the dtype of the frames"},
                  {.name = "offset",
                   .doc = "mean of the first 20 rows of the frame minus that of the background; 0 "
                          "without offset correction"},
                  {.name = "index", .doc = "index of the background in the series"}},
      .params = Parameters<NoParams>(),
      .tolerance = "exact",
      .example = "{op: background_lookup}",
      .reference = "dcnum.feat.feat_background.BackgroundSparseMed",
      .recipe_only = true,
      .make = make_operator<BackgroundLookup, NoParams>()};
}

}  // namespace parfocal
