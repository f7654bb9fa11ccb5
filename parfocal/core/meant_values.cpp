#include "parfocal/core/meant_values.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "parfocal/core/lowercase.h"
#include "parfocal/core/meant_quantities.h"

namespace parfocal {
namespace {

using Words = std::vector<std::string>;

// Pixel types as C, NumPy, MATLAB and ImageJ call them.
Words dtypes(const std::string& text) {
  std::string name = lowercase(text);
  std::erase_if(name, [](char c) { return c == ' ' || c == '-' || c == '_'; });
  constexpr std::pair<std::string_view, std::string_view> names[] = {
      {"float", "float32"}, {"single", "float32"}, {"half", "float32"}, {"float16", "float32"},
      {"32bit", "float32"}, {"double", "float64"}, {"byte", "uint8"},   {"8bit", "uint8"},
      {"ushort", "uint16"}, {"16bit", "uint16"},   {"uint", "uint32"},  {"short", "int16"},
      {"int", "int32"},     {"integer", "int32"},  {"long", "int64"},   {"boolean", "bool"},
      {"logical", "bool"},  {"binary", "bool"},    {"mask", "bool"}};
  for (const auto& [other, own] : names)
    if (name == other) return {std::string(own)};
  return {name};
}

// Shapes by the radius or the side: "7", "disk 7", "disk(7 px)", "square 5".
Words footprints(const std::string& text) {
  const size_t at = text.find_first_of("0123456789");
  if (at == text.npos) return {};
  size_t length = 0;
  double size = 0;
  try {
    size = std::stod(text.substr(at), &length);
  } catch (const std::exception&) {
    return {};
  }
  const std::string word = lowercase(text.substr(0, at));
  const bool square = word.starts_with("squ") || word.starts_with("box");
  const bool disk = word.find_first_not_of(" (") == word.npos || word.starts_with("dis") ||
                    word.starts_with("circ") || word.starts_with("ball") || word.starts_with("r");
  const std::string shape = square ? "square(" : "disk(";
  Words meant;
  if (!square && !disk) return meant;
  // The next smaller sizes, where this one is more than what can be read.
  for (const double most : {size, 401.0, 200.0})
    if (most <= size) meant.push_back(shape + number_text(most) + ")");
  return meant;
}

// "3:10" and "3..10" as "3-10"
Words ranges_of_frames(std::string text) {
  std::erase(text, ' ');
  if (const size_t dots = text.find(".."); dots != text.npos) text.replace(dots, 2, ":");
  std::string meant;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] != ':')
      meant += text[i];
    else
      meant += i == 0 ? "n-" : i + 1 == text.size() ? "-n" : "-";
  return {meant};
}

Words booleans(const std::string& text) {
  const std::string word = lowercase(text);
  for (const char* yes : {"true", "yes", "on", "y", "1"})
    if (word == yes) return {"true"};
  for (const char* no : {"false", "no", "off", "n", "0"})
    if (word == no) return {"false"};
  return {};
}

// "10:110", "10-110" and [10 px, 110 px] as [10, 110]; an end alone as [0, end].
std::vector<RawValue> pixel_ranges(const RawValue& raw) {
  const std::string text = raw.str();
  std::vector<RawValue> numbers;
  for (size_t at = 0; (at = text.find_first_of("0123456789", at)) != text.npos;) {
    const size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
    const bool part_of_number =
        (end < text.size() && text[end] == '.') ||
        (at > 0 && (text[at - 1] == '.' || (text[at - 1] == '-' && numbers.empty())));
    if (part_of_number && text.find("..") == text.npos) return {};
    numbers.push_back(RawValue::scalar(text.substr(at, end - at)));
    at = end;
  }
  if (numbers.size() == 1) numbers.insert(numbers.begin(), RawValue::scalar("0"));
  return {RawValue::list(numbers)};
}

// The number that was given with the unit that the field needs; last without its sign.
Words quantities(const ParamInfo& info, const std::string& text) {
  const auto number = leading_number(text);
  if (!number) return {};
  Words meant = meant_quantities(text);
  const std::string plain = number_text(*number);
  const bool any = info.type.ends_with("quantity"), length = info.type.ends_with("length");
  if (any || length) meant.push_back(plain + (any ? " um" : " px"));
  if (any || info.type == "time") meant.push_back(plain + " s");
  if (info.type.ends_with("number") || info.type.ends_with("integer"))
    meant.insert(meant.end(), {plain, number_text(std::floor(*number))});
  if (*number < 0 && meant.size() > 0 && (any || length || info.type == "time"))
    for (std::string& unsigned_one : quantities(info, text.substr(text.find('-') + 1)))
      meant.push_back(std::move(unsigned_one));
  return meant;
}

Words texts(const ParamInfo& info, const std::string& text) {
  if (info.type == "dtype") return dtypes(text);
  if (info.type == "footprint") return footprints(text);
  if (info.type == "frames") return ranges_of_frames(text);
  if (info.type == "boolean") return booleans(text);
  if (info.choices.empty()) return quantities(info, text);
  Words near = nearest_names(text, info.choices);
  near.insert(near.begin(), lowercase(text));
  return near;
}

}  // namespace

std::vector<RawValue> meant_values(const ParamInfo& info, const RawValue& raw) {
  if (info.type.ends_with("[begin, end]")) return pixel_ranges(raw);
  if (raw.kind != RawValue::Kind::scalar) return {};
  std::vector<RawValue> meant;
  for (std::string& text : texts(info, raw.text))
    meant.push_back(RawValue::scalar(std::move(text)));
  return meant;
}

}  // namespace parfocal
