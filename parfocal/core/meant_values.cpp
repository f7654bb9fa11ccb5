#include "parfocal/core/meant_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "parfocal/core/length_units.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/core/meant_quantities.h"
#include "parfocal/core/units.h"

namespace parfocal {
namespace {

using Words = std::vector<std::string>;

// "u2", "<f4": a letter and the number of bytes.
std::optional<std::string> dtype_of_code(const std::string& code) {
  constexpr std::pair<char, std::string_view> kinds[] = {
      {'u', "uint"}, {'i', "int"}, {'f', "float"}};
  if (code.size() != 2 || std::string_view("1248").find(code[1]) == std::string_view::npos)
    return std::nullopt;
  for (const auto& [letter, kind] : kinds)
    if (letter == code[0]) return std::string(kind) + std::to_string(8 * (code[1] - '0'));
  return std::nullopt;
}

// Pixel types as C, NumPy, MATLAB and ImageJ call them.
Words dtypes(const std::string& text) {
  std::string name = lowercase(text);
  if (const size_t module = name.rfind('.'); module != name.npos) name.erase(0, module + 1);
  std::erase_if(name, [](char c) {
    return std::string_view(" -_<>=|'\"").find(c) != std::string_view::npos;
  });
  if (const auto own = dtype_of_code(name)) return {*own};
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

std::vector<double> numbers_in(const std::string& text) {
  std::vector<double> numbers;
  for (size_t at = 0; (at = text.find_first_of("0123456789", at)) != text.npos;) {
    double number = 0;
    const auto end = std::from_chars(text.data() + at, text.data() + text.size(), number,
                                     std::chars_format::fixed);
    numbers.push_back(number);
    at = static_cast<size_t>(end.ptr - text.data());
  }
  return numbers;
}

// "disk" of "disc 7" and of "7 px"; "" where no shape of ours is named.
std::string shape_of(const std::string& word) {
  constexpr std::pair<std::string_view, std::string_view> shapes[] = {
      {"squ", "square"}, {"box", "square"}, {"dis", "disk"}, {"circ", "disk"},
      {"ball", "disk"},  {"rad", "disk"},   {"r=", "disk"},  {"rect", "rectangle"}};
  for (const auto& [begin, own] : shapes)
    if (word.starts_with(begin)) return std::string(own);
  const auto quantity = parse_quantity(word);
  const bool pixels = !meant_quantities(word).empty() && meant_quantities(word)[0].ends_with(" px");
  return (quantity && quantity->unit.empty()) || pixels ? "disk" : "";
}

// Whether a number in the text has a unit of length or area behind it: disk(1.5 um), [10 um, 50
// um], 50 um2.
bool has_length(const std::string& text) {
  for (size_t at = 0; (at = text.find_first_of("0123456789", at)) != text.npos;) {
    const size_t unit = text.find_first_not_of("0123456789. ", at);
    if (unit == text.npos) return false;
    at = std::min(text.find_first_of(" ,;)]", unit), text.size());
    std::string word = text.substr(unit, at - unit);
    for (const std::string_view square : {"²", "^2", "2"})
      if (word.size() > square.size() && word.ends_with(square))
        word.resize(word.size() - square.size());
    const auto own = own_unit(word);
    if (own && !own->is_time) return true;
  }
  return false;
}

constexpr double kLargestRadius = 200;  // of the footprints of our steps

// Shapes by the radius or the sides: "7", "disk 7", "disk(7 px)", "square 5", "rectangle(3, 5)".
// A size in a length has no place: nobody knows here how large a pixel is.
Words footprints(const std::string& text) {
  const std::string word = lowercase(text), shape = shape_of(word);
  if (has_length(word)) return {};
  const std::vector<double> sizes = numbers_in(
      shape == "disk" && leading_number(text) ? number_text(*leading_number(text)) : word);
  const bool sides = (shape.empty() && word.find_first_not_of("0123456789x ") == word.npos) ||
                     shape == "rectangle";
  if (sizes.size() == 2 && sides)
    return {"rectangle(" + number_text(sizes[0]) + "x" + number_text(sizes[1]) + ")"};
  if (sizes.size() != 1 || shape.empty()) return {};
  const auto of = [&](double size) { return shape + "(" + number_text(size) + ")"; };
  if (shape == "square" && word.find("square(r") != word.npos) return {of(2 * sizes[0] + 1)};
  if (shape == "disk" && word.find("diam") != word.npos) return {of(sizes[0] / 2)};
  if (sizes[0] <= kLargestRadius) return {of(sizes[0])};
  return {of(sizes[0]), of(2 * kLargestRadius + 1), of(kLargestRadius)};  // the largest
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
  const std::vector<double> ends = numbers_in(meant);
  return ends.size() == 2 && ends[0] > ends[1] ? Words() : Words{meant};
}

Words booleans(const std::string& text) {
  const std::string word = lowercase(text);
  for (const char* yes : {"true", "yes", "on", "y", "1"})
    if (word == yes) return {"true"};
  for (const char* no : {"false", "no", "off", "n", "0"})
    if (word == no) return {"false"};
  return {};
}

bool is_digit(const std::string& text, size_t at) {
  return at < text.size() && text[at] >= '0' && text[at] <= '9';
}

// "10:110", "10-110", [110, 10] and [10 px, 110 px] as [10, 110].
std::vector<RawValue> pixel_ranges(const RawValue& raw) {
  if (raw.kind == RawValue::Kind::list && raw.items.size() != 2) return {};
  const std::string text = raw.str();
  if (has_length(text) || text.find('%') != text.npos) return {};
  std::vector<RawValue> numbers;
  for (size_t at = 0; (at = text.find_first_of("0123456789", at)) != text.npos;) {
    const size_t end = std::min(text.find_first_not_of("0123456789", at), text.size());
    const bool part_of_number =
        (end < text.size() && (text[end] == '.' || text[end] == 'e')) ||
        (at > 0 && (text[at - 1] == '.' || (text[at - 1] == '-' && !is_digit(text, at - 2))));
    if (part_of_number && text.find("..") == text.npos) return {};
    numbers.push_back(RawValue::scalar(text.substr(at, end - at)));
    at = end;
  }
  return {RawValue::list(numbers), RawValue::list({numbers.rbegin(), numbers.rend()})};
}

// What `text` is in the unit that a field counts in, which is its name or begins its sentence.
std::optional<double> converted(const ParamInfo& info, const std::string& text) {
  const auto meant = meant_quantities(text);
  const auto quantity = parse_quantity(meant.empty() ? text : meant[0]);
  const std::string own =
      unit_factor(info.name, "Hz") ? info.name : info.doc.substr(0, info.doc.find_first_of(" ;,:"));
  if (!quantity || quantity->unit.empty()) return std::nullopt;
  const auto factor = unit_factor(quantity->unit, own), seconds = unit_factor(quantity->unit, "s");
  const double digits = 1e9;
  if (factor) return std::round(quantity->value * *factor * digits) / digits;
  if (!seconds || !unit_factor(own, "Hz")) return std::nullopt;
  return std::round(digits / (quantity->value * *seconds)) / digits;
}

// "1000000", never "1e+06".
std::string plain_integer(double number) {
  constexpr double most = 9e15;
  return std::abs(number) < most && number == std::trunc(number)
             ? std::to_string(static_cast<int64_t>(number))
             : number_text(number);
}

// A number of a field without a unit.
Words plain_numbers(const ParamInfo& info, const std::string& text, double number) {
  Words meant;
  if (const auto value = converted(info, text)) meant.push_back(number_text(*value));
  const bool of_one = info.at_most == 1.0 && info.doc.find("fraction") != info.doc.npos;
  const bool percent = of_one && number >= 2 && number <= 100 && text == number_text(number);
  const bool multiplies = info.doc.find("multipl") != info.doc.npos;
  if (text.ends_with('%') && !of_one && !multiplies) return meant;  // of what?
  if (text.ends_with('%') || percent) meant.push_back(number_text(number / 100));
  constexpr std::pair<std::string_view, double> counts[] = {
      {"k", 1e3}, {"M", 1e6}, {"million", 1e6}, {"thousand", 1e3}};
  for (const auto& [word, factor] : counts)
    if (text.size() > word.size() && text.ends_with(word)) number *= factor;
  meant.push_back(info.type.ends_with("integer") ? plain_integer(number) : number_text(number));
  return meant;
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
    for (std::string& one : plain_numbers(info, text, *number)) meant.push_back(std::move(one));
  if (!any && !length && has_length(text) && !converted(info, text))
    return {};  // pixels of which size?
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
