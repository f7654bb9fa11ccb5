#include <charconv>

#include "parfocal/operators/flow/segment.h"
#include "parfocal/operators/objects/objects.h"

namespace parfocal {
namespace flow {

std::vector<InputPort> segment_inputs() {
  return {{.name = "image", .dtypes = {DType::u8, DType::u16}, .doc = "image"},
          {.name = "background",
           .dtypes = {DType::u8, DType::u16},
           .doc = "background of the frame, of the type of the image"},
          {.name = "offset",
           .dtypes = {DType::f64},
           .optional = true,
           .doc = "one number per frame that is added to the background"}};
}

void check_segment_inputs(const std::string& op, std::span<const PortLayout> inputs) {
  const Layout& image = inputs[0].layout;
  const Layout& background = inputs[1].layout;
  objects::need_plane(op, image);
  if (!(background.whole_item() == image.whole_item()) || background.dtype != image.dtype)
    fail_layout("image and background differ in size or type",
                image.str() + " and " + background.str(), "equal sizes and types",
                "make the background of the same image");
  check_offset(inputs, kSegmentOffset);
}

void check_offset(std::span<const PortLayout> inputs, size_t port) {
  const PortLayout* offset = connected_to(inputs, port);
  if (offset && !offset->layout.item.empty())
    fail_layout("the offset of the background is one number for a frame", offset->layout.str(),
                "no axis inside the item", "connect offset: <the background step>.offset");
}

}  // namespace flow

namespace {

using RecipeParams = flow::SegmentParams;

RawValue number(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return RawValue::scalar(std::string(buffer, result.ptr));
}
RawValue yes_or_no(bool value) { return RawValue::scalar(value ? "true" : "false"); }

Expansion expand_segment(const RecipeParams& p, std::span<const PortLayout> inputs) {
  flow::check_segment_inputs("segment_below_background", inputs);
  RecipeNode labels{
      "labels", "labels_below_background", RawValue::map(), {"$image", "$background", "$offset"}};
  labels.params.set("threshold", number(p.threshold));
  labels.params.set("clear_border", yes_or_no(p.clear_border));
  labels.params.set("fill_holes", yes_or_no(p.fill_holes));
  labels.params.set("open_radius", RawValue::scalar(std::to_string(p.open_radius)));
  Expansion e;
  if (p.skip_repeats) {
    e.nodes.push_back({"repeats", "repeats", RawValue::map(), {"$image"}});
    labels.inputs.push_back("repeats");
  }
  e.nodes.push_back(labels);
  e.outputs = {"labels"};
  return e;
}

}  // namespace

PARFOCAL_OPERATOR(segment_below_background) {
  return OperatorInfo{
      .name = "segment_below_background",
      .summary = "Labels the cells of a flow channel: what is darker than its background.",
      .family = "flow",
      .kind = "recipe",
      .inputs = flow::segment_inputs(),
      .outputs = {{.doc = "labels: uint16, 0 for background, 1..n in raster order of each object's "
                          "first pixel"}},
      .params = flow::with_segment_params(Parameters<RecipeParams>())
                    .add("skip_repeats", &RecipeParams::skip_repeats,
                         "a frame equal to the one before has no objects")
                    .defaults("true"),
      .tolerance = "exact",
      .example =
          "{op: segment_below_background, threshold: -6, background: background, offset: "
          "background.offset}",
      .reference =
          "dcnum's segmenter thresh: (image - image_bg - bg_off) < threshold, 8-connected "
          "labels, process_labels",
      .expand = expand_recipe<RecipeParams>(expand_segment)};
}

PARFOCAL_RULES(operators, segment_below_background) {
  return Rules<flow::SegmentParams>()
      .add({"threshold"}, flow::check_threshold)
      .makes_pixels("out", {DType::u16});
}

}  // namespace parfocal
