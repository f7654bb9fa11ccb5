#pragma once
/// The statistics of `reduce` and `project`, by their words.

#include <algorithm>
#include <string>
#include <vector>

#include "parfocal/core/operator_info.h"
#include "parfocal/operators/reduce/accumulator.h"

namespace parfocal::reduction {

/// In the order of How.
inline const std::vector<std::string>& how_words() {
  static const std::vector<std::string> words{"mean", "sum", "min", "max", "std", "var"};
  return words;
}
inline How how_of(const std::string& word) {
  const auto& words = how_words();
  return static_cast<How>(std::find(words.begin(), words.end(), word) - words.begin());
}

/// min and max keep the dtype, and so do all of floats; else sums are 64-bit integers and the
/// others float64.
inline DType result_dtype(How how, DType in) {
  if (how == How::min || how == How::max || is_float(in)) return in;
  if (how != How::sum) return DType::f64;
  return is_signed_integer(in) ? DType::i64 : DType::u64;
}

/// \throws Error unless so many images of this layout can be added without overflow; `called`: what
/// is added, "items" or "planes"
inline void require_room(const Accumulator& accumulator, const Layout& layout, int64_t items,
                         const std::string& called) {
  const int64_t most = accumulator.most_items();
  if (items > most || most == 0)
    fail_layout("a sum of so many " + std::string(dtype_name(layout.dtype)) + " may overflow",
                layout.str(),
                most > 0 ? "at most " + std::to_string(most) + " " + called
                         : "integers of at most 32 bits, or floats",
                "add a step before: {op: cast, dtype: float64}");
}

}  // namespace parfocal::reduction
