#include "parfocal/formats/picture/picture_params.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>

#include "parfocal/core/channel_names.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/core/meant_quantities.h"
#include "parfocal/core/operator_info.h"

namespace parfocal {
namespace {

struct NamedColour {
  const char* name;
  Colour colour;
};
constexpr std::array kColours = {
    NamedColour{"red", {255, 0, 0}},       NamedColour{"green", {0, 255, 0}},
    NamedColour{"blue", {0, 0, 255}},      NamedColour{"cyan", {0, 255, 255}},
    NamedColour{"magenta", {255, 0, 255}}, NamedColour{"yellow", {255, 255, 0}},
    NamedColour{"white", {255, 255, 255}}, NamedColour{"grey", {255, 255, 255}},
    NamedColour{"gray", {255, 255, 255}},  NamedColour{"orange", {255, 128, 0}}};

bool is_word(const RawValue& raw, const char* word) {
  return raw.kind == RawValue::Kind::scalar && lowercase(raw.text) == word;
}

// Two finite numbers, the first below the second.
bool read_pair(const RawValue& raw, double& low, double& high) {
  return raw.kind == RawValue::Kind::list && raw.items.size() == 2 &&
         !ParamTraits<double>::parse(raw.items[0], low) &&
         !ParamTraits<double>::parse(raw.items[1], high) && std::isfinite(low) &&
         std::isfinite(high) && low < high;
}

// -1 for what is no hexadecimal digit.
int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

bool are_photo_colours(const Axis& axis) {
  std::vector<std::string> labels;
  for (const std::string& label : axis.labels) labels.push_back(lowercase(label));
  std::erase(labels, "a");
  std::sort(labels.begin(), labels.end());
  return labels == std::vector<std::string>{"b", "g", "r"};
}

std::optional<Colour> parse_colour(const std::string& text) {
  const std::string word = lowercase(text);
  for (const NamedColour& named : kColours)
    if (word == named.name) return named.colour;
  if (word.size() != 7 || word[0] != '#') return std::nullopt;
  std::array<uint8_t, 3> parts{};
  for (size_t i = 0; i < 3; ++i) {
    const int high = digit_of(word[1 + 2 * i]), low = digit_of(word[2 + 2 * i]);
    if (high < 0 || low < 0) return std::nullopt;
    parts[i] = static_cast<uint8_t>(16 * high + low);
  }
  return Colour{parts[0], parts[1], parts[2]};
}

int64_t step_of(const Axis& axis, const std::string& word) {
  return channel_index(word, axis.labels, axis.size == kUnbounded ? INT64_MAX : axis.size);
}

std::optional<std::string> ParamTraits<WindowChoice>::parse(const RawValue& raw,
                                                            WindowChoice& out) {
  out = {};
  if (is_word(raw, "auto")) return std::nullopt;
  Window window;
  if (read_pair(raw, window.low, window.high)) {
    out.values = window;
    return std::nullopt;
  }
  const RawValue* percentiles = raw.find("percentiles");
  if (percentiles && raw.entries.size() == 1 && read_pair(*percentiles, out.low, out.high) &&
      out.low >= 0 && out.high <= 100)
    return std::nullopt;
  return "needs auto, two values such as [100, 4000], or percentiles of 0..100 such as "
         "{percentiles: [1, 99]}, the smaller one first";
}

std::optional<std::string> ParamTraits<ChannelColours>::parse(const RawValue& raw,
                                                              ChannelColours& out) {
  if (raw.kind != RawValue::Kind::map) return "needs a map such as {0: red, DAPI: blue}";
  out.entries.clear();
  for (const auto& [channel, value] : raw.entries) {
    const auto colour = parse_colour(value.text);
    if (!colour)
      return "needs a colour (red, green, blue, cyan, magenta, yellow, orange, white, or '#ff8000')"
             " in place of " +
             channel + ": " + value.str();
    out.entries.emplace_back(channel, *colour);
  }
  return std::nullopt;
}

std::optional<std::string> ParamTraits<ScaleBarChoice>::parse(const RawValue& raw,
                                                              ScaleBarChoice& out) {
  out = {};
  if (is_word(raw, "auto")) return std::nullopt;
  out.automatic = false;
  out.none = is_word(raw, "none");
  if (out.none) return std::nullopt;
  if (ParamTraits<Length>::parse(raw, out.length) || !(out.length.value > 0))
    return "needs auto, none, or a length such as 10 um";
  const bool micrometers = ngff_unit(out.length.unit) == "micrometer";
  out.text = number_text(out.length.value) + " " + (micrometers ? "um" : out.length.unit);
  return std::nullopt;
}

std::optional<std::string> ParamTraits<ZoomChoice>::parse(const RawValue& raw, ZoomChoice& out) {
  constexpr int64_t kMost = 64;
  out = {};
  if (is_word(raw, "auto")) return std::nullopt;
  if (ParamTraits<int64_t>::parse(raw, out.factor) || out.factor < 1 || out.factor > kMost)
    return "needs auto, or a whole number of 1..64";
  return std::nullopt;
}

std::optional<std::string> ParamTraits<ItemPlace>::parse(const RawValue& raw, ItemPlace& out) {
  if (raw.kind != RawValue::Kind::map) return "needs a map such as {t: 3, c: DAPI}";
  out.entries.clear();
  for (const auto& [axis, step] : raw.entries) {
    if (step.kind != RawValue::Kind::scalar)
      return "needs the number or the name of one step in place of " + axis + ": " + step.str();
    out.entries.emplace_back(axis, step.text);
  }
  return std::nullopt;
}

bool is_one_picture(const PictureParams& params) {
  return lowercase(std::filesystem::path(params.path).extension().string()) == ".png";
}

void check_picture_path(const PictureParams& params, const Connections&) {
  static const std::vector<std::string> others = {".jpg", ".jpeg", ".tif", ".tiff", ".gif",
                                                  ".bmp", ".svg",  ".pdf", ".mp4",  ".avi"};
  std::filesystem::path path(params.path);
  const std::string ending = lowercase(path.extension().string());
  if (std::find(others.begin(), others.end(), ending) == others.end()) return;
  const std::string folder = path.replace_extension().string();
  fail_layout("the sink picture writes PNG", params.path,
              "a folder of pictures, or one picture whose name ends in .png",
              "write path: " + folder + " (a folder), or path: " + folder + ".png");
}

}  // namespace parfocal
