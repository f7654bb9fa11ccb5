#pragma once
/// A range of pixel values in a pipeline file: a word ("image", "dtype", "uint8") or [low, high].

#include <optional>
#include <string>

#include "parfocal/core/parameters.h"

namespace parfocal {

struct IntensityRange {
  std::string word;  ///< empty: the numbers
  double low = 0, high = 0;
};

template <>
struct ParamTraits<IntensityRange> {
  static std::string type_name() { return "word or [low, high]"; }
  static std::optional<std::string> parse(const RawValue& raw, IntensityRange& out) {
    if (raw.kind == RawValue::Kind::scalar) {
      out = {raw.text};
      return std::nullopt;
    }
    std::vector<double> numbers;
    const std::optional<std::string> problem =
        ParamTraits<std::vector<double>>::parse(raw, numbers);
    if (problem || numbers.size() != 2) return "needs a word or two numbers, as [0, 255]";
    out = {"", numbers[0], numbers[1]};
    return std::nullopt;
  }
};

}  // namespace parfocal
