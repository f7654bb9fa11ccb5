#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"

namespace parfocal {
namespace {

// Half-open range of pixel indices on one axis.
struct PixelRange {
  int64_t begin = 0, end = 0;
};
struct AxisRange {
  std::string axis;
  PixelRange range;
};
struct CropParams {
  std::optional<PixelRange> y, x, z;
  std::vector<AxisRange> ranges;
};

}  // namespace

template <>
struct ParamTraits<PixelRange> {
  static std::string type_name() { return "[begin, end]"; }
  static std::optional<std::string> parse(const RawValue& raw, PixelRange& out) {
    const std::string needs = "needs [begin, end] with 0 <= begin < end";
    if (raw.kind != RawValue::Kind::list || raw.items.size() != 2) return needs;
    if (ParamTraits<int64_t>::parse(raw.items[0], out.begin)) return needs;
    if (ParamTraits<int64_t>::parse(raw.items[1], out.end)) return needs;
    return out.begin >= 0 && out.begin < out.end ? std::nullopt : std::optional(needs);
  }
};
template <>
struct ParamTraits<std::vector<AxisRange>> {
  static std::string type_name() { return "map of axis to [begin, end]"; }
  static std::optional<std::string> parse(const RawValue& raw, std::vector<AxisRange>& out) {
    if (raw.kind != RawValue::Kind::map) return "needs a map such as {z: [0, 4]}";
    out.clear();
    for (const auto& [axis, value] : raw.entries) {
      out.push_back({axis, {}});
      if (auto problem = ParamTraits<PixelRange>::parse(value, out.back().range))
        return *problem + ", in place of " + axis + ": " + value.str();
    }
    return std::nullopt;
  }
};

namespace {

std::string item_axes_of(const Layout& layout) {
  std::string names;
  for (const Axis& axis : layout.item) names += (names.empty() ? "" : ", ") + axis.name;
  return "choose one of the axes inside the items: " + names;
}

// The part of the item that stays. Throws where an axis is missing or a range leaves it.
Region kept_region(const CropParams& p, const Layout& layout) {
  std::vector<AxisRange> ranges = p.ranges;
  if (p.z) ranges.push_back({"z", *p.z});
  if (p.y) ranges.push_back({"y", *p.y});
  if (p.x) ranges.push_back({"x", *p.x});
  Region kept = layout.whole_item();
  for (const AxisRange& r : ranges) {
    const int a = layout.find_item(r.axis);
    if (a < 0)
      fail_layout("there is no axis " + r.axis + " inside the items to crop", layout.str(),
                  "item axes, named after the |",
                  layout.find_stream(r.axis) >= 0 ? "use select to take one step of a stream axis"
                                                  : item_axes_of(layout));
    if (r.range.end > kept.shape[a])
      fail_layout("crop goes beyond axis " + r.axis,
                  "[" + std::to_string(r.range.begin) + ", " + std::to_string(r.range.end) + "]",
                  "a range within [0, " + std::to_string(kept.shape[a]) + "]",
                  "write " + r.axis + ": [" + std::to_string(r.range.begin) + ", " +
                      std::to_string(kept.shape[a]) +
                      "] to the end: the end is the index after the last pixel kept");
    kept.origin[a] = r.range.begin;
    kept.shape[a] = r.range.end - r.range.begin;
  }
  return kept;
}

std::vector<PortLayout> cropped(const PortLayout& in, const Region& kept) {
  Layout layout = in.layout;
  for (size_t a = 0; a < layout.item.size(); ++a) {
    Axis& axis = layout.item[a];
    const int i = static_cast<int>(a);
    axis.size = kept.shape[a];
    if (static_cast<int64_t>(axis.labels.size()) >= kept.end(i))
      axis.labels = {axis.labels.begin() + kept.begin(i), axis.labels.begin() + kept.end(i)};
  }
  return {image_port(std::move(layout))};
}

class Crop final : public MapOperator {
 public:
  Crop(const CropParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs[0]}, cropped(inputs[0], kept_region(p, inputs[0].layout))),
        kept_(kept_region(p, inputs[0].layout)) {}

  bool tileable() const override { return true; }
  Region footprint(int, const Region& out) const override {
    Region in = out;
    for (int a = 0; a < in.rank; ++a) in.origin[a] += kept_.origin[a];
    return in;
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte>) const override {
    MutableView to = out[0].image;
    to.region = footprint(0, to.region);
    copy_pixels(in[0].image, to);
    return {};
  }

 private:
  Region kept_;
};

}  // namespace

PARFOCAL_OPERATOR(crop) {
  return OperatorInfo{
      .name = "crop",
      .summary = "Keeps a box of every item.",
      .family = "layout",
      .kind = "map",
      .inputs = {{.doc = "image"}},
      .outputs = {{.doc = "the box"}},
      .params = Parameters<CropParams>()
                    .add("y", &CropParams::y, "rows kept, half-open, in pixels")
                    .add("x", &CropParams::x, "columns kept, half-open, in pixels")
                    .add("z", &CropParams::z, "planes kept where z lies inside the item")
                    .add("ranges", &CropParams::ranges, "ranges of other item axes by name"),
      .tolerance = "exact",
      .example = "{op: crop, y: [0, 1], x: [0, 1]}",
      .reference = "NumPy basic slicing",
      .make = make_operator<Crop, CropParams>()};
}

PARFOCAL_RULES(operators, crop) { return Rules<CropParams>().like_first("out"); }

}  // namespace parfocal
