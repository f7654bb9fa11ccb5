#pragma once
/// The statistics of `reduce` and `project`, by their words.

#include <algorithm>
#include <string>
#include <vector>

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

}  // namespace parfocal::reduction
