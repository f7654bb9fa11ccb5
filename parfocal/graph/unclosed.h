#pragma once
/// Brackets of lists and maps that are opened and never closed: what YAML parsers say of them
/// speaks of keys and ends of streams.

#include <optional>
#include <string>

namespace parfocal {

struct Unclosed {
  char bracket = '[';
  int line = 0, column = 0;  ///< from 0
};

/// The innermost bracket that is still open at the end of `text`. Brackets inside of words and
/// quoted texts are none.
std::optional<Unclosed> find_unclosed(const std::string& text);

}  // namespace parfocal
