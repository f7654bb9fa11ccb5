#include "parfocal/graph/other_names.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "parfocal/core/io.h"
#include "parfocal/core/meant_quantities.h"
#include "parfocal/graph/word_lists.h"

namespace parfocal {
namespace {

enum class Of { any, number, word, yes, no };

// `meant`: fields, with $ for the value that was given, times `factor` plus `offset`; none: `words`
// alone are the cure.
struct KeyRow {
  std::string_view owners, keys;
  Of value;
  std::string_view meant, words = "";
  double factor = 1, offset = 0;
};

constexpr std::string_view kNoSizes =
    "leave it out: no step removes large objects. Choose rows of the table by area";
constexpr std::string_view kShapes =
    "operators open, operators close, operators erode, operators dilate";

constexpr KeyRow kKeys[] = {
    {"operators threshold", "threshold level cutoff thresh limit above", Of::number,
     "method: value, value: $"},
    {"operators threshold", "threshold level algorithm mode", Of::word, "method: $"},
    {"operators threshold", "invert inverse inverted dark", Of::yes, "foreground: dark"},
    {"operators threshold", "invert inverse inverted dark", Of::no, "foreground: bright"},
    {"operators threshold", "dark_background", Of::yes, "foreground: bright"},
    {"operators threshold", "dark_background", Of::no, "foreground: dark"},
    {"operators gaussian", "kernel_size ksize kernel size window", Of::number, "sigma: $ px",
     ": a size is no sigma; this is the one that OpenCV takes for it", 0.15, 0.35},
    {"operators gaussian", "fwhm", Of::number, "sigma: $ px", ": the full width / 2.3548",
     1 / 2.3548200450309493},
    {"operators gaussian", "radius std stddev sd", Of::any, "sigma: $"},
    {"operators label, operators measure, operators count",
     "min_size min_area area_min min_object_size area_threshold remove_small size area", Of::number,
     "", "leave it out and add before this step {op: remove_small, min_size: $}"},
    {"operators label, operators measure, operators count",
     "min_size min_area max_size max_area area_min area_max size area min_object_size "
     "area_threshold remove_small",
     Of::any, "", kNoSizes},
    {"operators remove_small", "max_size", Of::number, "min_size: $",
     ": that is the smallest size that stays", 1, 1},
    {"operators remove_small", "size min_area area area_threshold threshold", Of::number,
     "min_size: $"},
    {"operators fill_holes", "max_size min_size size area_threshold max_area area", Of::any, "",
     "no step fills holes by their size: leave it out only where all of them may be filled"},
    {"operators threshold", "percentile quantile percent", Of::any, "",
     "no level is a percentile: write method: otsu, or method: value with the level that is known"},
    {"operators median", "over axis axes along", Of::any, "",
     "this median is one in space; over time op: background_rolling_median gives each frame that "
     "of "
     "itself and the frames that follow"},
    {"operators crop", "t time frame frames c channel", Of::any, "",
     "crop keeps a box of each frame; no step keeps a range of frames: name their files in "
     "source.glob"},
    {"operators median", "kernel_size ksize kernel width side window", Of::number, "size: $"},
    {"operators median", "radius", Of::number, "footprint: disk($)"},
    {"operators median", "selem structure structuring_element kernel element strel", Of::word,
     "footprint: $"},
    {"operators measure", "image img raw image_intensity", Of::word, "intensity: $"},
    {"operators rescale", "range input_range from clip limits vmin_vmax", Of::any, "in_range: $"},
    {"operators rescale", "output_range to new_range", Of::any, "out_range: $"},
    {"operators rescale", "dtype", Of::word, "out_range: $"},
    {"operators project", "over axes dim dims dimension along direction", Of::word, "axis: $"},
    {"operators project", "method statistic type mode projection func", Of::word, "how: $"},
    {"operators reduce", "axis axes dim dims dimension along", Of::number, "over: t",
     ": axes have names"},
    {"operators reduce", "axis axes dim dims dimension along", Of::any, "over: $"},
    {"operators reduce", "method mode func function statistic stat type projection", Of::word,
     "how: $"},
    {"operators select", "channel channels", Of::number, "axis: c, index: $"},
    {"operators select", "channel channels", Of::word, "axis: c, name: $"},
    {"operators select", "z slice plane", Of::number, "axis: z, index: $"},
    {"operators select", "t frame time timepoint", Of::number, "axis: t, index: $"},
    {"operators select", "position scene series", Of::number, "axis: p, index: $"},
    {"operators select", "at step number i", Of::number, "index: $"},
    {kShapes, "radius", Of::number, "footprint: disk($)"},
    {kShapes, "size kernel_size ksize width side", Of::number, "footprint: square($)"},
    {kShapes, "selem structure structuring_element kernel element strel", Of::word, "footprint: $"},
    {"operators add, operators subtract, operators multiply, operators divide",
     "value number amount offset factor", Of::number, "constant: $"},
    {"operators cast", "to type astype", Of::word, "dtype: $"},
    {"sinks ome_zarr", "compression compressor", Of::word, "codec: $"},
    {"sinks ome_zarr", "pyramid multiscale", Of::yes, "levels: 0"},
    {"sinks ome_zarr", "pyramid multiscale", Of::no, "levels: 1"},
    {"sinks ome_zarr", "pyramid pyramid_levels scales resolutions n_levels", Of::number,
     "levels: $"},
    {"sinks ome_zarr", "chunks chunk chunk_size chunk_shape", Of::any, "",
     "leave it out: chunks are planes of at most 1024 x 1024; shard: none makes a file of each"},
    {"sinks ome_tiff", "codec compressor", Of::word, "compression: $"},
    {"sources ome_zarr", "well", Of::word, "position: $/0"},
    {"sources ome_zarr", "resolution scale pyramid_level", Of::number, "level: $"},
    {"sources ome_zarr, sources files, sources rtdc", "channel channels", Of::number, "",
     "leave it out and add to steps {op: select, axis: c, index: $, from: source}"},
    {"sources push", "rate framerate frame_rate frames_per_second hz", Of::number, "fps: $"},
    {"sources files", "path paths file files filename pattern folder dir", Of::any, "glob: $"},
    {"sinks ome_zarr, sinks ome_tiff, sinks table",
     "file filename name output out folder dir to dest", Of::word, "path: $"},
};

bool is_of(Of of, const RawValue& value) {
  if (of == Of::any) return true;
  if (value.kind != RawValue::Kind::scalar) return false;
  const bool yes = value.text == "true", no = value.text == "false";
  const bool number = leading_number(value.text).has_value();
  return of == Of::number ? number
         : of == Of::yes  ? yes
         : of == Of::no   ? no
                          : !number && !yes && !no;
}

// disk($)
bool stands_inside(const KeyRow& row) { return row.meant.find("($)") != row.meant.npos; }
// disk(2 px) counts pixels; of a length nobody knows how many these are.
bool fits_inside(const KeyRow& row, const RawValue& value) {
  const auto number = leading_number(value.text);
  if (!stands_inside(row) || !number) return true;
  const auto meant = meant_quantities(value.text);
  return number_text(*number) == value.text || meant.empty() || meant[0].ends_with(" px");
}

// The value for the $ of a row.
std::string inserted(const KeyRow& row, const RawValue& value) {
  const auto number = leading_number(value.text);
  if (stands_inside(row) && number) return number_text(*number);
  if ((row.factor == 1 && row.offset == 0) || !number) return value.str();
  const double digits = 1e4;
  return number_text(std::round((*number * row.factor + row.offset) * digits) / digits);
}

std::string with_value(std::string_view text, const KeyRow& row, const RawValue& value) {
  std::string result(text);
  const size_t mark = result.find('$');
  return mark == result.npos ? result : result.replace(mark, 1, inserted(row, value));
}

// "method: value, value: 100" as fields.
std::vector<std::pair<std::string, RawValue>> fields_of(const KeyRow& row, const RawValue& value) {
  std::vector<std::pair<std::string, RawValue>> fields;
  for (size_t at = 0; at < row.meant.size();) {
    const size_t end = std::min(row.meant.find(", ", at), row.meant.size());
    const std::string_view field = row.meant.substr(at, end - at);
    const size_t colon = field.find(": ");
    const std::string_view text = field.substr(colon + 2);
    const bool same = text == "$" && row.factor == 1 && row.offset == 0;
    fields.emplace_back(field.substr(0, colon),
                        same ? value : RawValue::scalar(with_value(text, row, value)));
    at = end + 2;
  }
  return fields;
}

// x: 10, width: 100 of crop
std::optional<OtherKey> extent(const std::string& key, const RawValue& value,
                               const RawValue& params) {
  const std::string axis = key == "width" ? "x" : key == "height" ? "y" : key == "depth" ? "z" : "";
  const RawValue* begin = axis.empty() ? nullptr : params.find(axis);
  const auto first = begin ? leading_number(begin->text) : 0, size = leading_number(value.text);
  if (axis.empty() || !first || !size) return std::nullopt;
  return OtherKey{{{axis, RawValue::list({RawValue::scalar(number_text(*first)),
                                          RawValue::scalar(number_text(*first + *size))})}},
                  "",
                  true};
}

// x0: 10, x1: 50 of crop, and other names for where it begins and ends
std::optional<OtherKey> both_ends(const std::string& key, const RawValue& params) {
  constexpr std::pair<std::string_view, std::string_view> ends[] = {
      {"0", "1"},         {"1", "2"},       {"min", "max"},      {"_min", "_max"},
      {"_start", "_end"}, {"_from", "_to"}, {"_start", "_stop"}, {"_begin", "_end"}};
  std::vector<std::array<std::string, 3>> names = {{"x", "left", "right"}, {"y", "top", "bottom"}};
  for (const std::string axis : {"x", "y", "z"})
    for (const auto& [begin, end] : ends)
      names.push_back({axis, axis + std::string(begin), axis + std::string(end)});
  for (const auto& [axis, begin, end] : names) {
    const RawValue *first = params.find(begin), *last = params.find(end);
    if ((key != begin && key != end) || !first || !last || params.find(axis)) continue;
    return OtherKey{{{axis, RawValue::list({*first, *last})}}, ""};
  }
  return std::nullopt;
}

// path of push, which is one of the source that it replays
std::optional<OtherKey> inner_key(const std::string& key, const RawValue& params) {
  const RawValue* of = params.find("of");
  const RawValue* type = of ? of->find("type") : nullptr;
  const SourceInfo* info = type ? sources().find(type->text) : nullptr;
  if (!info || !info->params.find(key)) return std::nullopt;
  return OtherKey{{}, "write it inside of: {...}, by --set as source.of." + key + "=..."};
}

// sigma_x: 2, sigma_y: 3 of gaussian
std::optional<OtherKey> both_sigmas(const std::string& key, const RawValue& params) {
  const RawValue *y = params.find("sigma_y"), *x = params.find("sigma_x");
  if ((key != "sigma_y" && key != "sigma_x") || !y || !x || params.find("sigma"))
    return std::nullopt;
  return OtherKey{{{"sigma", RawValue::list({*y, *x})}}, ""};
}

// pixel_size: 0.65 um, frame_interval: 30 s: what the scale of some axes is.
std::optional<OtherKey> scale_of(const std::string& key, const RawValue& value,
                                 const RawValue& params) {
  constexpr std::string_view pixels =
      "pixel_size pixelsize pixel_spacing physical_pixel_size pixel_width calibration spacing "
      "px_size "
      "voxel_size mpp resolution";
  constexpr std::string_view times = "frame_interval interval dt time_step frame_rate fps";
  constexpr std::string_view planes = "z_step z_spacing dz slice_spacing";
  const std::string axes = lists(pixels, " ", key)   ? "yx"
                           : lists(times, " ", key)  ? "t"
                           : lists(planes, " ", key) ? "z"
                                                     : "";
  const auto number = leading_number(value.text);
  if (axes.empty() || !number) return std::nullopt;
  const bool rate = key == "fps" || key == "frame_rate";
  const auto meant = meant_quantities(
      number_text(*number) == value.text && rate ? value.text + " fps" : value.text);
  const std::string unit = axes == "t" ? " s" : " um";
  const RawValue* given = params.find("scale");
  RawValue scale = given && given->kind == RawValue::Kind::map ? *given : RawValue::map();
  for (const char axis : axes)
    scale.set(std::string(1, axis),
              RawValue::scalar(meant.empty() ? number_text(*number) + unit : meant[0]));
  return OtherKey{{{"scale", scale}}, "", true};
}

}  // namespace

std::optional<OtherKey> other_key(const std::string& owner, const std::string& key,
                                  const RawValue& value, const RawValue& params) {
  const std::string name = plain_name(key);
  if (owner == "sources push")
    if (auto inner = inner_key(key, params)) return inner;
  if (owner == "operators crop")
    if (auto ends = both_ends(name, params)) return ends;
  if (owner == "operators crop")
    if (auto box = extent(name, value, params)) return box;
  if (owner == "operators gaussian")
    if (auto sigmas = both_sigmas(name, params)) return sigmas;
  if (owner == "sources files" || owner == "sources generator")
    if (auto scale = scale_of(name, value, params)) return scale;
  for (const KeyRow& row : kKeys) {
    if (!lists(row.owners, ", ", owner) || !lists(row.keys, " ", name) ||
        !is_of(row.value, value) || !fits_inside(row, value))
      continue;
    OtherKey meant{fields_of(row, value), with_value(row.words, row, value)};
    meant.replaces = meant.fields.size() > 1;
    return meant;
  }
  return std::nullopt;
}

}  // namespace parfocal
