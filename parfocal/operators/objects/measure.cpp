#include <algorithm>
#include <limits>
#include <memory>

#include "parfocal/core/rules.h"
#include "parfocal/kernels/histogram.h"
#include "parfocal/kernels/regions.h"
#include "parfocal/kernels/scratch.h"
#include "parfocal/operators/objects/largest_label.h"
#include "parfocal/operators/objects/measure_columns.h"
#include "parfocal/operators/objects/objects.h"

namespace parfocal {
namespace {

using namespace objects;
using kernels::IntensitySums;
using kernels::RegionSums;

struct MeasureParams {
  std::vector<std::string> properties = {"area", "bbox", "centroid"};
  int64_t max_objects = kDefaultMaxObjects;
};

constexpr int64_t kMostRows = 65535;  // exact sums of squares need that
constexpr int64_t kBandPixels = 1 << 15;

MeasureColumns columns_of(const MeasureParams& p, std::span<const PortLayout> inputs) {
  const Layout& labels = inputs[0].layout;
  need_plane("measure", labels);
  if (std::max(labels.item[0].size, labels.item[1].size) > kMostRows)
    fail_layout("the frames are too large to measure", labels.str(),
                "at most 65535 rows and columns", "crop the frames");
  const PortLayout* intensity = connected_to(inputs, 1);
  if (intensity && !(intensity->layout.whole_item() == labels.whole_item()))
    fail_layout("labels and intensity differ in size",
                labels.str() + " and " + intensity->layout.str(), "equal sizes",
                "measure the image that was segmented, or crop it alike");
  return measure_columns(p.properties, labels, intensity ? &intensity->layout : nullptr);
}

void check_properties(const MeasureParams& p, const Connections& given) {
  check_intensity(p.properties, given.has_input("intensity"));
}

std::vector<PortLayout> table_of(const MeasureParams& p, std::span<const PortLayout> inputs) {
  PortLayout out = inputs[0];
  out.kind = PortKind::table;
  out.layout.item.clear();
  // Labels of any image may lie alone in a pixel each, so no shape gives a lower bound.
  out.table = {columns_of(p, inputs).columns,
               std::min(p.max_objects, inputs[0].layout.item_count())};
  return {std::move(out)};
}

template <class T>
constexpr bool kHasKernel =
    !std::is_same_v<T, bool> && (sizeof(T) < 8 || std::is_floating_point_v<T>);

struct NoIntensity {};

class Measure final : public MapOperator {
 public:
  Measure(const MeasureParams& p, std::span<const PortLayout> inputs)
      : MapOperator({inputs.begin(), inputs.end()}, table_of(p, inputs)),
        columns_(columns_of(p, inputs)),
        max_objects_(p.max_objects) {}

  int64_t scratch_bytes(const Region&) const override {
    size_t bytes = 0;
    if (!columns_.intensity)
      bytes = scratch<uint8_t>(max_objects_, nullptr).bytes;
    else
      dispatch(inputs()[1].layout.dtype, [&]<class T>() {
        if constexpr (kHasKernel<T>) bytes = scratch<T>(max_objects_, nullptr).bytes;
      });
    return static_cast<int64_t>(bytes);
  }
  Status compute(std::span<const Input> in, std::span<Output> out,
                 std::span<std::byte> memory) const override {
    int64_t count = 0;
    if (!columns_.intensity)
      count = without_intensity(in[0].image, memory.data(), out[0].table);
    else
      dispatch(in[1].image.dtype, [&]<class T>() {
        if constexpr (kHasKernel<T>) count = with_intensity<T>(in, memory.data(), out[0].table);
      });
    return count > max_objects_ ? too_many_objects("measure", count, max_objects_) : Status();
  }

 private:
  template <class T>
  struct Scratch {
    RegionSums* regions;
    IntensitySums<T>* intensities;
    size_t bytes;
  };
  template <class T>
  Scratch<T> scratch(int64_t count, void* base) const {
    kernels::ScratchCursor cursor(base);
    Scratch<T> s{};
    s.regions = cursor.take<RegionSums>(static_cast<size_t>(count) + 1);
    s.intensities =
        cursor.take<IntensitySums<T>>(columns_.intensity ? static_cast<size_t>(count) + 1 : 0);
    s.bytes = cursor.used_bytes();
    return s;
  }
  int64_t without_intensity(const View& view, void* memory, MutableTable& table) const {
    const auto s = scratch<uint8_t>(max_objects_, memory);
    const int64_t count = in_bands(view, s, [&](auto labels, int64_t y, int64_t largest) {
      kernels::measure_regions(labels, static_cast<uint32_t>(y), 0, static_cast<uint32_t>(largest),
                               s.regions);
    });
    if (count <= max_objects_) write_rows<NoIntensity>(s.regions, nullptr, count, table);
    return count;
  }
  template <class T>
  int64_t with_intensity(std::span<const Input> in, void* memory, MutableTable& table) const {
    const auto s = scratch<T>(max_objects_, memory);
    const auto image = plane_of<T>(in[1].image, {});
    const int64_t count = in_bands(in[0].image, s, [&](auto labels, int64_t y, int64_t largest) {
      auto pixels = image;
      pixels.data = image.row(y);
      pixels.height = labels.height;
      kernels::measure_regions<T>(labels, pixels, static_cast<uint32_t>(y), 0,
                                  static_cast<uint32_t>(largest), s.regions, s.intensities);
    });
    if (count <= max_objects_) write_rows(s.regions, s.intensities, count, table);
    return count;
  }
  // Calls measure(labels, first row, largest label so far) for bands of rows that stay in the cache
  // between the search for their largest label and the measurement. Only entries of labels that
  // occur are initialised: a limit costs address space, not time. Returns the largest label.
  template <class T, class MeasureBand>
  int64_t in_bands(const View& view, const Scratch<T>& s, MeasureBand&& measure) const {
    return view.dtype == DType::u16 ? in_bands_of<uint16_t>(view, s, measure)
                                    : in_bands_of<uint32_t>(view, s, measure);
  }
  template <class L, class T, class MeasureBand>
  int64_t in_bands_of(const View& view, const Scratch<T>& s, MeasureBand&& measure) const {
    const auto labels = plane_of<L>(view, {});
    const int64_t rows = std::max<int64_t>(1, kBandPixels / std::max<int64_t>(1, labels.width));
    int64_t entries = 0;
    for (int64_t y = 0; y < labels.height; y += rows) {
      auto band = labels;
      band.data = labels.row(y);
      band.height = std::min(rows, labels.height - y);
      const int64_t largest = kernels::min_max(band).max;
      if (largest > max_objects_) return largest_label(view);
      if (largest >= entries) {
        const int64_t more = largest + 1 - entries;
        std::uninitialized_value_construct_n(s.regions + entries, more);
        if (columns_.intensity) std::uninitialized_value_construct_n(s.intensities + entries, more);
        entries += more;
      }
      measure(band, y, entries - 1);
    }
    return std::max<int64_t>(0, entries - 1);
  }
  template <class I>
  void write_rows(const RegionSums* regions, const I* intensities, int64_t count,
                  MutableTable& table) const {
    table.rows = 0;
    for (int64_t label = 1; label <= count; ++label) {
      if (regions[label].area == 0) continue;
      for (size_t c = 0; c < columns_.measurands.size(); ++c)
        write(table, static_cast<int>(c), columns_.measurands[c], label, regions[label],
              intensities ? intensities + label : nullptr);
      ++table.rows;
    }
  }
  // One cell of the next row, in the type of its column.
  template <class I>
  void write(MutableTable& table, int c, Measurand measurand, int64_t label,
             const RegionSums& region, const I* intensity) const {
    const auto put = [&](auto value) {
      if (columns_.columns[static_cast<size_t>(c)].type == Column::Type::integer)
        table.column<int64_t>(c)[table.rows] = static_cast<int64_t>(value);
      else
        table.column<double>(c)[table.rows] = static_cast<double>(value);
    };
    if (measurand == Measurand::label) return put(label);
    if constexpr (!std::is_same_v<I, NoIntensity>)
      if (measurand >= Measurand::intensity_mean)
        return put_intensity(measurand, region, *intensity, put);
    put_geometry(measurand, region, put);
  }
  template <class Put>
  void put_geometry(Measurand measurand, const RegionSums& region, Put&& put) const {
    const auto area = static_cast<double>(region.area);
    const double y = static_cast<double>(region.sum_row) / area;
    const double x = static_cast<double>(region.sum_column) / area;
    switch (measurand) {
      case Measurand::area:
        return put(region.area);
      case Measurand::area_um2:
        return put(area * (columns_.um_per_row * columns_.um_per_column));
      case Measurand::bbox_min_y:
        return put(region.min_row);
      case Measurand::bbox_min_x:
        return put(region.min_column);
      case Measurand::bbox_max_y:
        return put(region.max_row);
      case Measurand::bbox_max_x:
        return put(region.max_column);
      case Measurand::centroid_y:
        return put(y);
      case Measurand::centroid_x:
        return put(x);
      case Measurand::centroid_y_um:
        return put(y * columns_.um_per_row);
      case Measurand::centroid_x_um:
        return put(x * columns_.um_per_column);
      default:
        return;
    }
  }
  template <class T, class Put>
  static void put_intensity(Measurand measurand, const RegionSums& region,
                            const IntensitySums<T>& i, Put&& put) {
    constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
    const bool seen = i.min <= i.max;  // false for nothing but NaN
    if (measurand == Measurand::intensity_mean)
      return put(static_cast<double>(i.sum) / static_cast<double>(region.area));
    if (measurand == Measurand::intensity_sum) return put(i.sum);
    if (!seen) return put(kMissing);
    put(measurand == Measurand::intensity_min ? i.min : i.max);
  }

  MeasureColumns columns_;
  int64_t max_objects_;
};

}  // namespace

PARFOCAL_OPERATOR(measure) {
  return OperatorInfo{
      .name = "measure",
      .summary =
          "Measures every object of a label image, plane by plane: one row of a table for each.",
      .family = "objects",
      .kind = "map",
      .inputs = {{.dtypes = {DType::u16, DType::u32},
                  .doc = "labels; labels that do not occur give no row"},
                 {.name = "intensity",
                  .dtypes = {DType::u8, DType::u16, DType::i16, DType::u32, DType::f32, DType::f64},
                  .optional = true,
                  .doc = "image of the same size, for intensity_*"}},
      .outputs = {{.kind = PortKind::table,
                   .doc = "label, then the properties; bbox is half-open; area_um2 and "
                          "centroid_*_um where both axes have a scale"}},
      .params = with_max_objects(Parameters<MeasureParams>()
                                     .add("properties", &MeasureParams::properties,
                                          "what to measure, scikit-image's names")
                                     .choices(measure_properties())
                                     .defaults("[area, bbox, centroid]")),
      .tolerance =
          "exact; centroids and means within 1e-15 relative; sums of floats in raster order",
      .example = "{op: measure, properties: [area, centroid]}",
      .reference = "skimage.measure.regionprops_table 0.19.3 of each plane",
      .make = make_operator<Measure, MeasureParams>()};
}

PARFOCAL_RULES(operators, measure) {
  return Rules<MeasureParams>()
      .add({"properties", "intensity"}, check_properties)
      .labels("in")
      .takes_images("in")
      .takes_images("intensity");
}

}  // namespace parfocal
