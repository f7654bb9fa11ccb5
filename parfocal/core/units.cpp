#include "parfocal/core/units.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace parfocal {
namespace {

struct Unit {
  std::string_view name, dimension, ngff;
  double factor;
};
constexpr Unit kUnits[] = {
    {"nm", "length", "nanometer", 1e-9},
    {"um", "length", "micrometer", 1e-6},
    {"µm", "length", "micrometer", 1e-6},
    {"\u03bcm", "length", "micrometer", 1e-6},  // with the Greek letter, as many keyboards write it
    {"micrometer", "length", "micrometer", 1e-6},
    {"mm", "length", "millimeter", 1e-3},
    {"m", "length", "meter", 1},
    {"ns", "time", "nanosecond", 1e-9},
    {"us", "time", "microsecond", 1e-6},
    {"ms", "time", "millisecond", 1e-3},
    {"s", "time", "second", 1},
    {"min", "time", "minute", 60},
    {"h", "time", "hour", 3600},
    {"fps", "rate", "", 1},
    {"Hz", "rate", "", 1},
    {"px", "pixel", "", 1},
};
const Unit* find_unit(std::string_view name) {
  for (const Unit& unit : kUnits)
    if (unit.name == name) return &unit;
  return nullptr;
}
std::string_view trimmed(std::string_view s) {
  while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

}  // namespace

std::optional<Quantity> parse_quantity(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || !std::isfinite(value)) return std::nullopt;
  const std::string_view unit = trimmed(text.substr(static_cast<size_t>(end - text.data())));
  for (const char c : unit)
    if (c == ' ' || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+') return std::nullopt;
  return Quantity{value, std::string(unit)};
}

std::optional<int64_t> parse_bytes(std::string_view text) {
  const auto quantity = parse_quantity(text);
  if (!quantity || quantity->value < 0) return std::nullopt;
  constexpr std::pair<std::string_view, double> factors[] = {
      {"", 1},     {"B", 1},    {"KiB", 1024.0}, {"MiB", 1048576.0},       {"GiB", 1073741824.0},
      {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9},     {"TiB", 1099511627776.0}, {"TB", 1e12}};
  for (const auto& [name, factor] : factors)
    if (quantity->unit == name) {
      const double bytes = quantity->value * factor;
      if (bytes > 9e18) return std::nullopt;
      return static_cast<int64_t>(bytes);
    }
  return std::nullopt;
}

std::optional<double> unit_factor(std::string_view from, std::string_view to) {
  const Unit *a = find_unit(from), *b = find_unit(to);
  if (!a || !b || a->dimension != b->dimension) return std::nullopt;
  return a->factor / b->factor;
}

std::string ngff_unit(std::string_view unit) {
  const Unit* u = find_unit(unit);
  return u ? std::string(u->ngff) : std::string();
}

std::string format_bytes(int64_t bytes) {
  constexpr const char* names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  int i = 0;
  for (; i < 4 && std::fabs(value) >= 1024; ++i) value /= 1024;
  char text[48];
  std::snprintf(text, sizeof text, i == 0 || value == std::floor(value) ? "%.0f %s" : "%.1f %s",
                value, names[i]);
  return text;
}

}  // namespace parfocal
