#include "parfocal/graph/word_lists.h"

#include <algorithm>
#include <utility>

#include "parfocal/core/lowercase.h"

namespace parfocal {

bool lists(std::string_view words, std::string_view separator, const std::string& word) {
  for (size_t at = 0; at <= words.size();) {
    const size_t end = std::min(words.find(separator, at), words.size());
    if (words.substr(at, end - at) == word) return true;
    at = end + separator.size();
  }
  return false;
}

std::string plain_name(std::string name) {
  while (!name.empty() && (name.back() == '.' || name.back() == ' ')) name.pop_back();
  std::replace(name.begin(), name.end(), '-', '_');
  std::replace(name.begin(), name.end(), ' ', '_');
  return lowercase(std::move(name));
}

std::string as_yaml(const std::string& text) {
  const bool special =
      !text.empty() && std::string_view("*&!%@`|>?").find(text[0]) != std::string_view::npos;
  return special ? "\"" + text + "\"" : text;
}

}  // namespace parfocal
