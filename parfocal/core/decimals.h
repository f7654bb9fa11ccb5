#pragma once
/// Numbers cut to decimals as they are printed.

#include <charconv>

namespace parfocal {

/// The number that `value` is when it is printed with `decimals` digits behind the point and read
/// again, as Python's float(f"{value:.8f}"): exact halves of decimals go to the even digit.
inline double rounded_to_decimals(double value, int decimals) {
  char text[400];  // the largest double has 309 digits before the point
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, decimals);
  double rounded = value;
  if (end.ec == std::errc()) std::from_chars(text, end.ptr, rounded);
  return rounded;
}

}  // namespace parfocal
