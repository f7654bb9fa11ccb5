#pragma once
/// Patterns of file names, as a shell has them.

#include <string>
#include <string_view>

namespace parfocal {

inline bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != text.npos; }

/// The pattern that matches `name` alone, whatever is in it.
inline std::string literal_pattern(std::string_view name) {
  std::string pattern;
  for (const char c : name)
    pattern += c == '*' || c == '?' || c == '[' ? std::string("[") + c + "]" : std::string(1, c);
  return pattern;
}

}  // namespace parfocal
