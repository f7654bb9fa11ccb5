#pragma once
/// Parameters of the sink `picture`.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parfocal/core/io.h"
#include "parfocal/core/parameters.h"
#include "parfocal/core/rules.h"
#include "parfocal/formats/picture/drawing/canvas.h"
#include "parfocal/formats/picture/drawing/window.h"

namespace parfocal {

/// `auto`, `[100, 4000]` (values), or `{percentiles: [1, 99]}`.
struct WindowChoice {
  std::optional<Window> values;   ///< the same for all items
  double low = 0.1, high = 99.9;  ///< else percentiles of each item
};
/// `{0: red, DAPI: blue}`: number or name of a channel, and its colour.
struct ChannelColours {
  std::vector<std::pair<std::string, Colour>> entries;
};
/// `auto`, `none`, or a length with its unit.
struct ScaleBarChoice {
  bool automatic = true, none = false;
  Length length;     ///< where neither
  std::string text;  ///< of the length, in ASCII
};
/// `auto`, or how many pixels of the picture one of the image is wide.
struct ZoomChoice {
  int64_t factor = 0;  ///< 0 = auto
};
/// `{t: 3, c: DAPI}`: number or name of a step of an axis.
struct ItemPlace {
  std::vector<std::pair<std::string, std::string>> entries;
};

template <>
struct ParamTraits<WindowChoice> {
  static std::string type_name() { return "auto, two values, or {percentiles: two numbers}"; }
  static std::optional<std::string> parse(const RawValue& raw, WindowChoice& out);
};
template <>
struct ParamTraits<ChannelColours> {
  static std::string type_name() { return "map of channel to colour"; }
  static std::optional<std::string> parse(const RawValue& raw, ChannelColours& out);
};
template <>
struct ParamTraits<ScaleBarChoice> {
  static std::string type_name() { return "auto, none, or a length"; }
  static std::optional<std::string> parse(const RawValue& raw, ScaleBarChoice& out);
};
template <>
struct ParamTraits<ZoomChoice> {
  static std::string type_name() { return "auto, or an integer"; }
  static std::optional<std::string> parse(const RawValue& raw, ZoomChoice& out);
};
template <>
struct ParamTraits<ItemPlace> {
  static std::string type_name() { return "map of axis to its step"; }
  static std::optional<std::string> parse(const RawValue& raw, ItemPlace& out);
};

struct PictureParams {
  std::string path;
  WindowChoice window;
  ChannelColours channels;
  std::string draw = "outlines";  ///< outlines fill none
  bool ids = false;
  ScaleBarChoice scale_bar;
  ZoomChoice zoom;
  ItemPlace at;
  int64_t every = 1, max = 100;
};

/// The path names one file, not a folder of them.
bool is_one_picture(const PictureParams& params);
/// \throws Error(invalid_pipeline) for a path that says another format than PNG
void check_picture_path(const PictureParams& params, const Connections& given);

/// Whether the steps of an axis are r, g, b and perhaps a, in any order: one picture.
bool are_photo_colours(const Axis& axis);
/// "red", "grey", "#ff8000"; nullopt for others.
std::optional<Colour> parse_colour(const std::string& text);
/// The step of an axis that a number or a label names; -1 where there is none.
int64_t step_of(const Axis& axis, const std::string& word);

}  // namespace parfocal
