#include "parfocal/core/length_units.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "parfocal/core/units.h"

namespace parfocal {
namespace {

struct Prefix {
  std::string_view symbol, name;
  int exponent;
};
constexpr Prefix kPrefixes[] = {
    {"", "", 0},         {"Y", "yotta", 24}, {"Z", "zetta", 21},  {"E", "exa", 18},
    {"P", "peta", 15},   {"T", "tera", 12},  {"G", "giga", 9},    {"M", "mega", 6},
    {"k", "kilo", 3},    {"h", "hecto", 2},  {"da", "deca", 1},   {"da", "deka", 1},
    {"d", "deci", -1},   {"c", "centi", -2}, {"m", "milli", -3},  {"u", "micro", -6},
    {"n", "nano", -9},   {"p", "pico", -12}, {"f", "femto", -15}, {"a", "atto", -18},
    {"z", "zepto", -21}, {"y", "yocto", -24}};

// What is no power of ten of a metre or a second; and short forms.
struct Special {
  std::string_view name;
  OwnUnit unit;
};
constexpr Special kSpecial[] = {
    {"micron", {"um"}},
    {"\xc3\x85", {"nm", 1, 10}},      // the letter
    {"\xe2\x84\xab", {"nm", 1, 10}},  // the sign
    {"\xc5", {"nm", 1, 10}},          // the letter in Latin-1
    {"\\u00C5", {"nm", 1, 10}},
    {"A", {"nm", 1, 10}},
    {"angstrom", {"nm", 1, 10}},
    {"thou", {"um", 25.4}},
    {"mil", {"um", 25.4}},
    {"li", {"um", 254000, 120}},  // the line of the schema, 1/12 inch
    {"line", {"um", 254000, 120}},
    {"pt", {"um", 254000, 720}},  // 1/72 inch
    {"point", {"um", 254000, 720}},
    {"in", {"mm", 25.4}},
    {"\"", {"mm", 25.4}},
    {"inch", {"mm", 25.4}},
    {"inche", {"mm", 25.4}},  // inches
    {"ft", {"mm", 304.8}},
    {"foot", {"mm", 304.8}},
    {"feet", {"mm", 304.8}},
    {"yd", {"mm", 914.4}},
    {"yard", {"mm", 914.4}},
    {"mi", {"m", 1609.344}},
    {"mile", {"m", 1609.344}},
    {"ua", {"m", 149597870700.0}},
    {"au", {"m", 149597870700.0}},
    {"ly", {"m", 9460730472580800.0}},
    {"lightyear", {"m", 9460730472580800.0}},
    {"pc", {"m", 3.085677581491367e16}},
    {"parsec", {"m", 3.085677581491367e16}},
    {"sec", {"s", 1, 1, true}},
    {"msec", {"ms", 1, 1, true}},
    {"usec", {"us", 1, 1, true}},
    {"nsec", {"ns", 1, 1, true}},
    {"min", {"min", 1, 1, true}},
    {"minute", {"min", 1, 1, true}},
    {"h", {"h", 1, 1, true}},
    {"hr", {"h", 1, 1, true}},
    {"hour", {"h", 1, 1, true}},
    {"d", {"h", 24, 1, true}},
    {"day", {"h", 24, 1, true}},
};

// The nearest of ours below a power of ten of a metre or a second.
OwnUnit own_power(int exponent, bool is_time) {
  constexpr std::string_view lengths[] = {"nm", "um", "mm", "m"}, times[] = {"ns", "us", "ms", "s"};
  const int step = std::clamp((exponent + 9 - (exponent < -9 ? 2 : 0)) / 3, 0, 3);
  const int rest = exponent - (3 * step - 9);
  OwnUnit unit{is_time ? times[step] : lengths[step], 1, 1, is_time};
  (rest < 0 ? unit.per : unit.count) = std::pow(10.0, std::abs(rest));
  return unit;
}

std::optional<OwnUnit> find_power(std::string_view name, bool by_name) {
  for (const Prefix& prefix : kPrefixes) {
    const std::string_view word = by_name ? prefix.name : prefix.symbol;
    if (!name.starts_with(word)) continue;
    const std::string_view base = name.substr(word.size());
    const bool is_time = base == (by_name ? "second" : "s");
    if (is_time || base == (by_name ? "meter" : "m") || (by_name && base == "metre"))
      return own_power(prefix.exponent, is_time);
  }
  return std::nullopt;
}

std::optional<OwnUnit> find_special(std::string_view name) {
  for (const Special& special : kSpecial)
    if (special.name == name) return special.unit;
  return std::nullopt;
}

// Every micro sign (two characters of Unicode, their escapes, a byte of Latin-1) as u.
std::string with_plain_micro(std::string_view name) {
  for (const std::string_view sign :
       {"\xc2\xb5", "\xce\xbc", "\\u00B5", "\\u00b5", "\\u03BC", "\\u03bc", "\xb5"})
    if (name.starts_with(sign)) return "u" + std::string(name.substr(sign.size()));
  return std::string(name);
}

double with_15_digits(double value) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.15g", value);
  return std::strtod(digits, nullptr);
}

}  // namespace

double OwnUnit::of(double value) const { return with_15_digits(value * count / per); }

std::optional<double> length_um(double value, std::string_view unit) {
  const auto own = own_unit(unit);
  if (!own || own->is_time) return std::nullopt;
  if (own->unit == "um" && own->count == own->per) return value;
  return with_15_digits(own->of(value) * *unit_factor(own->unit, "um"));
}

std::optional<OwnUnit> own_unit(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  std::string name = with_plain_micro(text);
  if (const auto found = find_special(name)) return found;
  if (const auto found = find_power(name, false)) return found;
  if (name.size() < 3) return std::nullopt;
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (name.ends_with('s')) name.pop_back();
  const auto found = find_special(name);
  return found ? found : find_power(name, true);
}

}  // namespace parfocal
