#pragma once
/// Names that are told apart without regard to case: endings of files, letters of axes.

#include <cctype>
#include <string>

namespace parfocal {

/// Each byte by itself, as std::tolower() says.
inline std::string lowercase(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace parfocal
