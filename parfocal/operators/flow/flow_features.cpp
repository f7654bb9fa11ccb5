#include <algorithm>
#include <limits>
#include <memory>

#include "parfocal/core/decimals.h"
#include "parfocal/core/rules.h"
#include "parfocal/kernels/histogram.h"
#include "parfocal/kernels/regions.h"
#include "parfocal/kernels/scratch.h"
#include "parfocal/operators/flow/object_features.h"
#include "parfocal/operators/flow/segment.h"
#include "parfocal/operators/objects/objects.h"
#include "parfocal/operators/planes.h"

namespace parfocal {
namespace {

using namespace flow;
using kernels::RegionSums;

struct FlowFeaturesParams {
  std::optional<Length> pixel_size;
  bool volume = true, brightness = true, haralick = true;
  std::optional<int64_t> min_pixels;
  std::vector<Gate> gates;
  int64_t max_objects = 1000;

  FeatureGroups switched() const { return {volume, brightness, haralick}; }
};

enum Port : size_t { kLabels, kImage, kBackground, kOffset, kGates };

constexpr int kSizeDecimals = 8;  // of a pixel's size in um: dcnum computes with no more
constexpr int64_t kMinPixels = 10;
constexpr double kMinSidePixels = 3;  // that a measurement's gates demand of size_x and size_y
constexpr int64_t kMostRows = 65535;  // of exact region sums
constexpr int64_t kMostLabels = 65535;

double pixel_size_um(const FlowFeaturesParams& p, const Axis& x) {
  const double size = p.pixel_size ? p.pixel_size->value : x.scale;
  const std::string& unit = p.pixel_size ? p.pixel_size->unit : x.unit;
  const auto factor = unit.empty() ? std::nullopt : unit_factor(unit, "um");
  const double size_um = factor ? rounded_to_decimals(size * *factor, kSizeDecimals) : 0;
  if (!(size_um > 0))
    fail_layout(
        "flow_features needs the size of a pixel",
        p.pixel_size ? std::to_string(size) + " " + unit : "axis " + x.name + " without scale",
        "a length of 0.00000001 um at least", "write pixel_size: 0.34 um, or give source.scale");
  return size_um;
}

void check_pixel_size(const FlowFeaturesParams& p, const Connections& = {}) {
  if (p.pixel_size) (void)pixel_size_um(p, {});
}

void check_gates(const FlowFeaturesParams& p, const Connections& = {}) {
  (void)bind_gates(p.gates, p.switched());
}

void check_inputs(std::span<const PortLayout> inputs) {
  const Layout& labels = inputs[kLabels].layout;
  objects::need_plane("flow_features", labels);
  if (std::max(labels.item[0].size, labels.item[1].size) > kMostRows)
    fail_layout("the frames are too large to measure", labels.str(),
                "at most 65535 rows and columns", "crop the frames");
  for (const Port i : {kImage, kBackground})
    if (!(inputs[i].layout.whole_item() == labels.whole_item()))
      fail_layout("labels, image and background differ in size",
                  labels.str() + " and " + inputs[i].layout.str(), "equal sizes",
                  "measure the image that was segmented");
  if (inputs[kImage].layout.dtype != inputs[kBackground].layout.dtype)
    fail_layout("image and background differ in type",
                inputs[kImage].layout.str() + " and " + inputs[kBackground].layout.str(),
                "one type", "make the background of the same image");
  flow::check_offset(inputs, kOffset);
}

std::optional<OnlineGates> online_gates(const FlowFeaturesParams& p,
                                        std::span<const PortLayout> inputs) {
  const PortLayout* gates = connected_to(inputs, kGates);
  if (!gates) return std::nullopt;
  return OnlineGates(gates->layout, p.switched());
}

// Features that are computed, in the order of their columns after `label`.
std::vector<int> computed(const FlowFeaturesParams& p) {
  std::vector<int> features;
  for (int f = 0; f < kFeatures; ++f)
    if (p.switched().has(group_of(f))) features.push_back(f);
  return features;
}

std::vector<PortLayout> outputs_of(const FlowFeaturesParams& p,
                                   std::span<const PortLayout> inputs) {
  check_inputs(inputs);
  PortLayout table{PortKind::table, inputs[kLabels].layout, {}};
  table.layout.item.clear();
  PortLayout number = image_port(table.layout);
  number.layout.dtype = DType::i64;
  table.table.columns = {{"label", "", Column::Type::integer}};
  for (const int f : computed(p))
    table.table.columns.push_back(feature_columns()[static_cast<size_t>(f)]);
  // Labels of any image may have min_pixels + 1 pixels each and no room between.
  const int64_t min_pixels = p.min_pixels.value_or(connected_to(inputs, kGates) ? 0 : kMinPixels);
  table.table.max_rows = std::min(
      p.max_objects, std::max<int64_t>(1, inputs[kLabels].layout.item_count() / (min_pixels + 1)));
  return {table, number, number};
}

class FlowFeatures final : public MapOperator {
 public:
  FlowFeatures(const FlowFeaturesParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs.begin(), inputs.end()}, outputs_of(p, inputs)),
        groups_(p.switched()),
        features_(computed(p)),
        gates_(bind_gates(p.gates, groups_)),
        online_(online_gates(p, inputs)),
        pixel_um_(pixel_size_um(p, inputs[kLabels].layout.item[1])),
        min_pixels_(p.min_pixels),
        width_(inputs[kLabels].layout.item[1].size),
        height_(inputs[kLabels].layout.item[0].size) {}

  int64_t scratch_bytes(const Region&) const override {
    return static_cast<int64_t>(scratch(nullptr).bytes);
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> memory) const override {
    const bool wide = in[kLabels].image.dtype == DType::u32;
    if (in[kImage].image.dtype == DType::u8)
      return wide ? measure<uint32_t, uint8_t>(in, out, memory.data())
                  : measure<uint16_t, uint8_t>(in, out, memory.data());
    return wide ? measure<uint32_t, uint16_t>(in, out, memory.data())
                : measure<uint16_t, uint16_t>(in, out, memory.data());
  }

 private:
  struct Scratch {
    RegionSums* regions;
    std::byte* median;
    std::byte* object;
    size_t bytes;
  };
  Scratch scratch(void* base) const {
    kernels::ScratchCursor cursor(base);
    Scratch s{};
    s.regions = cursor.take<RegionSums>(static_cast<size_t>(most_labels()) + 1);
    s.median = cursor.take<std::byte>(std::max(kernels::plane_median_scratch_bytes<uint8_t>(),
                                               kernels::plane_median_scratch_bytes<uint16_t>()));
    s.object = cursor.take<std::byte>(ObjectFeatures::scratch_bytes(width_, height_));
    s.bytes = cursor.used_bytes();
    return s;
  }
  int64_t most_labels() const {
    return inputs()[kLabels].layout.dtype == DType::u16
               ? kMostLabels
               : std::min(kMostLabels, std::max<int64_t>(1, width_ * height_));
  }

  template <class L, class T>
  Status measure(std::span<const Input> in, std::span<Output> out, void* memory) const {
    const auto labels = plane_of<L>(in[kLabels].image, {});
    const int64_t largest = kernels::min_max(labels).max;
    MutableTable& table = out[0].table;
    table.rows = 0;
    int64_t dropped = 0;
    if (largest > most_labels())
      return objects::too_many_objects("flow_features", largest, most_labels());
    if (largest > 0) {
      const Scratch s = scratch(memory);
      std::uninitialized_value_construct_n(s.regions, largest + 1);
      kernels::measure_regions(labels, 0, 0, static_cast<uint32_t>(largest), s.regions);
      const double offset = connected(kOffset) ? in[kOffset].image.scalar<double>() : 0;
      const double* const limits = connected(kGates) ? in[kGates].image.as<double>() : nullptr;
      FlowFrame<T> frame{plane_of<T>(in[kImage].image, {}), plane_of<T>(in[kBackground].image, {}),
                         offset, 0};
      if (!events_of(labels, frame, limits, largest, s, table, dropped))
        return too_many_events(table);
    }
    out[1].image.scalar<int64_t>() = table.rows;
    out[2].image.scalar<int64_t>() = dropped;
    return {};
  }
  // Rows of all events in the order of their labels; false when the table is full.
  template <class L, class T>
  bool events_of(kernels::Plane<const L> labels, FlowFrame<T>& frame, const double* limits,
                 int64_t largest, const Scratch& s, MutableTable& table, int64_t& dropped) const {
    // A gate may be negative; labels that do not occur have no pixel and are never events.
    const double min_pixels = std::max(0.0, least_pixels(limits));
    ObjectFeatures object(width_, height_, pixel_um_, s.object);
    bool median_known = !groups_.brightness;
    FeatureValues values;
    for (int64_t label = 1; label <= largest; ++label) {
      const RegionSums& region = s.regions[label];
      if (static_cast<double>(region.area) <= min_pixels) continue;
      if (!median_known)
        frame.background_median = kernels::plane_median<T>(frame.background, s.median);
      median_known = true;
      object.take_mask(labels, static_cast<L>(label), box_of(region));
      values.fill(std::numeric_limits<double>::quiet_NaN());
      if (!object.contour(values)) {
        ++dropped;
        continue;
      }
      if (!measured(object, frame, limits, values)) continue;
      if (table.rows == table.schema->max_rows) return false;
      write(label, values, table);
    }
    return true;
  }
  // What comes after the contour, cheap groups first; false as soon as a gate is not passed.
  template <class T>
  bool measured(ObjectFeatures& object, const FlowFrame<T>& frame, const double* limits,
                FeatureValues& values) const {
    if (!passes(FeatureGroup::contour, values, limits)) return false;
    if (groups_.volume) object.volume(values);
    if (!passes(FeatureGroup::volume, values, limits)) return false;
    if (groups_.brightness || groups_.haralick) object.take_pixels(frame);
    if (groups_.brightness) object.brightness(frame, values);
    if (!passes(FeatureGroup::brightness, values, limits)) return false;
    if (groups_.haralick) object.haralick(frame, values);
    return passes(FeatureGroup::haralick, values, limits);
  }
  double least_pixels(const double* limits) const {
    if (min_pixels_) return static_cast<double>(*min_pixels_);
    return online_ ? online_->min_pixels(limits, kMinPixels) : kMinPixels;
  }
  bool passes(FeatureGroup group, const FeatureValues& values, const double* limits) const {
    if (online_ && !online_->pass(group, values, limits)) return false;
    const double least_um =
        online_ && group == FeatureGroup::contour ? kMinSidePixels * pixel_um_ : 0;
    if (at(values, Feature::size_x) < least_um || at(values, Feature::size_y) < least_um)
      return false;
    return std::all_of(gates_.begin(), gates_.end(), [&](const BoundGate& g) {
      return group_of(g.feature) != group || g.gate.passes(values[static_cast<size_t>(g.feature)]);
    });
  }
  static kernels::Window box_of(const RegionSums& region) {
    return {region.min_column, region.min_row, region.max_column - region.min_column,
            region.max_row - region.min_row};
  }
  void write(int64_t label, const FeatureValues& values, MutableTable& table) const {
    table.column<int64_t>(0)[table.rows] = label;
    for (size_t c = 0; c < features_.size(); ++c)
      table.column<double>(static_cast<int>(c) + 1)[table.rows] =
          values[static_cast<size_t>(features_[c])];
    ++table.rows;
  }
  static Status too_many_events(const MutableTable& table) {
    const std::string limit = std::to_string(table.schema->max_rows);
    return Status::fail({"flow_features found more events than max_objects", "",
                         "more than " + limit, "at most " + limit,
                         "raise max_objects, or remove noise before (a lower threshold, a larger "
                         "open_radius, min_pixels)"});
  }

  FeatureGroups groups_;
  std::vector<int> features_;
  std::vector<BoundGate> gates_;
  std::optional<OnlineGates> online_;
  double pixel_um_;
  std::optional<int64_t> min_pixels_;
  int64_t width_, height_;
};

Parameters<FlowFeaturesParams> flow_features_params() {
  using P = FlowFeaturesParams;
  return Parameters<P>()
      .add("pixel_size", &P::pixel_size,
           "side of a pixel; default: the scale of axis x; e.g. 0.34 um")
      .add("brightness", &P::brightness, "bright_* and bg_med")
      .defaults("true")
      .add("haralick", &P::haralick, "tex_*")
      .defaults("true")
      .add("volume", &P::volume, "volume")
      .defaults("true")
      .add("min_pixels", &P::min_pixels,
           "objects of this many pixels or fewer are no events; default what online_gates say, "
           "or 10")
      .at_least(0)
      .at_most(1e9)
      .add("gates", &P::gates,
           "conditions that an event must meet, each a feature, one of >= <= > <, and a number: "
           "[area_um >= 20, deform <= 0.1]; polygon gates are not supported")
      .add("max_objects", &P::max_objects, "most events in one frame; memory is set aside for them")
      .at_least(1)
      .at_most(static_cast<double>(objects::kMostObjects))
      .defaults("1000");
}

}  // namespace

PARFOCAL_OPERATOR(flow_features) {
  return OperatorInfo{
      .name = "flow_features",
      .summary = "Measures every cell of a flow channel: shape, brightness, texture, volume.",
      .family = "flow",
      .kind = "map",
      .inputs = {{.name = "labels",
                  .dtypes = {DType::u16, DType::u32},
                  .doc = "labels; each value is one event"},
                 {.name = "image", .dtypes = {DType::u8, DType::u16}, .doc = "image"},
                 {.name = "background",
                  .dtypes = {DType::u8, DType::u16},
                  .doc = "background of the frame, of the type of the image"},
                 {.name = "offset",
                  .dtypes = {DType::f64},
                  .optional = true,
                  .doc = "one number per frame that is added to the background"},
                 {.name = "online_gates",
                  .dtypes = {DType::f64},
                  .optional = true,
                  .doc = "gates of the measurement, as the file states them: source.gates; they "
                         "also demand size_x and size_y of 3 pixels"}},
      .outputs = {{.kind = PortKind::table,
                   .doc = "one row per event, in the order of labels: label, then dcnum's features "
                          "(docs/flow-features.md)"},
                  {.name = "nevents", .doc = "events of the frame", .frame_column = true},
                  {.name = "dropped",
                   .doc = "objects without an area inside their contour, which are no events",
                   .frame_column = true}},
      .params = flow_features_params(),
      .tolerance =
          "dcnum's within 1e-12 relative for shape, brightness and volume, 1e-11 for tex_*",
      .example =
          "{op: flow_features, image: source, background: background, offset: "
          "background.offset, pixel_size: 0.34 um}",
      .reference = "dcnum 0.31.0: feat_contour, feat_brightness, feat_texture (mahotas 1.4.19)",
      .make = make_operator<FlowFeatures, FlowFeaturesParams>()};
}

PARFOCAL_RULES(operators, flow_features) {
  return Rules<FlowFeaturesParams>()
      .add({"gates", "volume", "brightness", "haralick"}, check_gates)
      .add({"pixel_size"}, check_pixel_size)
      .labels("labels")
      .makes_number("nevents", DType::i64)
      .makes_number("dropped", DType::i64);
}

}  // namespace parfocal
