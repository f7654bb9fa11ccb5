#pragma once
/// Numbers among the parameters of a recipe's parts.

#include <charconv>
#include <string>

#include "parfocal/core/raw_value.h"

namespace parfocal {

/// The shortest text that reads back as the same number.
inline RawValue raw_number(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return RawValue::scalar(std::string(buffer, result.ptr));
}

}  // namespace parfocal
