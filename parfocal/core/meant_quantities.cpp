#include "parfocal/core/meant_quantities.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "parfocal/core/length_units.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/core/units.h"

namespace parfocal {
namespace {

struct Spoken {
  double value = 0;
  std::string unit;  // whatever follows, in lower case too: "frames per second"
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(' '), end = text.find_last_not_of(" .");
  return begin > end || end == text.npos ? "" : std::string(text.substr(begin, end - begin + 1));
}

// A comma between digits is a point.
std::string with_points(std::string_view text) {
  std::string plain(text);
  for (size_t i = 1; i + 1 < plain.size(); ++i)
    if (plain[i] == ',' && is_digit(plain[i - 1]) && is_digit(plain[i + 1])) plain[i] = '.';
  return plain;
}

std::optional<Spoken> spoken(std::string_view text) {
  std::string plain = trimmed(with_points(text));
  if (plain.starts_with('+')) plain.erase(0, 1);
  Spoken found;
  const auto result = std::from_chars(plain.data(), plain.data() + plain.size(), found.value);
  if (result.ec != std::errc{} || !std::isfinite(found.value)) return std::nullopt;
  found.unit =
      trimmed(std::string_view(plain).substr(static_cast<size_t>(result.ptr - plain.data())));
  if (std::any_of(found.unit.begin(), found.unit.end(), is_digit) && !found.unit.starts_with("1/"))
    return std::nullopt;
  return found;
}

// Ten digits tell a time of frames better than any camera keeps it.
std::string rounded(double value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 10);
  return number_text(std::strtod(std::string(text, end.ptr).c_str(), nullptr));
}

// Seconds from one frame to the next, of `value` of a unit of frames per time.
std::optional<double> frame_time(double value, const std::string& unit) {
  constexpr std::pair<std::string_view, double> rates[] = {
      {"hz", 1},          {"khz", 1e-3},
      {"fps", 1},         {"frames/s", 1},
      {"frames/sec", 1},  {"frames per second", 1},
      {"1/s", 1},         {"/s", 1},
      {"per second", 1},  {"/min", 60},
      {"1/min", 60},      {"per minute", 60},
      {"frames/min", 60}, {"frames per minute", 60}};
  for (const auto& [name, seconds] : rates)
    if (name == unit && value > 0) return seconds / value;
  return std::nullopt;
}

bool is_pixel(const std::string& unit) {
  return unit == "px" || unit == "pixel" || unit == "pixels" || unit == "pix" || unit == "pxl";
}

// "um" and "px" of "um/px" and "um per px"; nothing behind where it is no ratio.
std::pair<std::string, std::string> ratio_of(const std::string& unit) {
  for (const std::string_view between : {"/", " per "})
    if (const size_t at = unit.find(between); at != unit.npos)
      return {trimmed(unit.substr(0, at)), trimmed(unit.substr(at + between.size()))};
  return {unit, ""};
}

// What a step of an axis is, said as a ratio: "0.65 um/px", "30 s/frame", "1.54 px/um", "96 dpi".
std::optional<std::string> step_size(double value, const std::string& unit) {
  constexpr std::string_view steps[] = {"frame", "plane", "slice", "step", "image"};
  const auto [above, below] =
      ratio_of(unit == "dpi" || unit == "ppi" ? std::string("px/inch") : unit);
  const bool per_step = is_pixel(lowercase(below)) ||
                        std::find(std::begin(steps), std::end(steps), below) != std::end(steps);
  const auto own = own_unit(per_step ? above : below);
  const bool density = !per_step && (is_pixel(lowercase(above)) || above == "1" || above.empty());
  if (below.empty() || !own || (!per_step && (!density || own->is_time || !(value > 0))))
    return std::nullopt;
  const double size = own->of(per_step ? value : 1 / value);
  return (per_step ? number_text(size) : rounded(size)) + " " + std::string(own->unit);
}

}  // namespace

std::string number_text(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, result.ptr);
}

std::optional<double> leading_number(std::string_view text) {
  const auto found = spoken(text);
  return found ? std::optional(found->value) : std::nullopt;
}

std::vector<std::string> meant_quantities(std::string_view text) {
  const auto found = spoken(text);
  if (!found) return {};
  const std::string number = number_text(found->value), small = lowercase(found->unit);
  std::vector<std::string> meant;
  if (is_pixel(small)) meant.push_back(number + " px");
  for (const std::string& unit : {found->unit, small})
    if (const auto own = own_unit(unit))
      meant.push_back(number_text(own->of(found->value)) + " " + std::string(own->unit));
  if (const auto seconds = frame_time(found->value, small))
    meant.push_back(rounded(*seconds) + " s");
  if (auto step = step_size(found->value, found->unit)) meant.push_back(*std::move(step));
  if (!found->unit.empty()) meant.push_back(number + " " + found->unit);
  return meant;
}

bool has_decimal_comma(std::string_view text) {
  const size_t comma = text.find(',');
  return comma != text.npos && comma > 0 && comma + 1 < text.size() && is_digit(text[comma - 1]) &&
         is_digit(text[comma + 1]) && spoken(text).has_value();
}

std::string without_thousands(std::string_view text) {
  const size_t comma = text.find(',');
  if (comma == text.npos || comma == 0 || comma > 3 || text[0] == '0') return "";
  const std::string_view behind = text.substr(comma + 1);
  const bool three = behind.size() >= 3 && is_digit(behind[0]) && is_digit(behind[1]) &&
                     is_digit(behind[2]) && (behind.size() == 3 || !is_digit(behind[3]));
  const bool digits = std::all_of(text.begin(), text.begin() + static_cast<long>(comma), is_digit);
  return three && digits ? std::string(text.substr(0, comma)) + std::string(behind) : "";
}

std::string meant_bytes(std::string_view text) {
  const auto found = spoken(text);
  if (!found || !(found->value > 0)) return "";
  const std::string unit = lowercase(found->unit), number = number_text(found->value);
  constexpr std::pair<char, const char*> sizes[] = {
      {'k', "KiB"}, {'m', "MiB"}, {'g', "GiB"}, {'t', "TiB"}};
  for (const auto& [letter, name] : sizes) {
    const std::string prefix(1, letter);
    for (const char* end : {"", "b", "i", "ib", "byte", "bytes"})
      if (unit == prefix + end && parse_bytes(number + name)) return number + name;
  }
  return "";
}

}  // namespace parfocal
