#pragma once
/// A number in a pipeline file whose way of writing matters: 100 is an integer and keeps integers
/// integers, 100.0 makes them floats.

#include <charconv>
#include <optional>
#include <string>

#include "parfocal/core/parameters.h"

namespace parfocal {

struct Constant {
  std::optional<int64_t> integer;  ///< set when it was written without a point or exponent
  double value = 0;
};

template <>
struct ParamTraits<Constant> {
  static std::string type_name() { return "number"; }
  static std::optional<std::string> parse(const RawValue& raw, Constant& out) {
    if (auto problem = ParamTraits<double>::parse(raw, out.value)) return problem;
    int64_t whole = 0;
    const char *begin = raw.text.data(), *end = begin + raw.text.size();
    if (begin != end && *begin == '+') ++begin;
    const auto result = std::from_chars(begin, end, whole);
    out.integer = std::nullopt;
    if (result.ptr != end) return std::nullopt;
    if (result.ec == std::errc::result_out_of_range)
      return "needs an integer of 64 bits, or a number with a point, which makes floats";
    if (result.ec == std::errc{}) out.integer = whole;
    return std::nullopt;
  }
};

}  // namespace parfocal
