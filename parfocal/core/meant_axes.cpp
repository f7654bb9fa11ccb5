#include "parfocal/core/meant_axes.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "parfocal/core/listed.h"
#include "parfocal/core/lowercase.h"

namespace parfocal {
namespace {

std::vector<std::string> names_of(const Layout& layout) {
  std::vector<std::string> names;
  for (const auto* axes : {&layout.stream, &layout.item})
    for (const Axis& axis : *axes) names.push_back(axis.name);
  return names;
}

std::string letter_of(std::string word) {
  constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"time", "t"},   {"frame", "t"},    {"timepoint", "t"}, {"image", "t"},  {"channel", "c"},
      {"color", "c"},  {"colour", "c"},   {"slice", "z"},     {"plane", "z"},  {"depth", "z"},
      {"stack", "z"},  {"position", "p"}, {"scene", "p"},     {"series", "p"}, {"row", "y"},
      {"height", "y"}, {"column", "x"},   {"col", "x"},       {"width", "x"}};
  word = lowercase(std::move(word));
  for (const auto& [name, letter] : words)
    if (word == name || word == std::string(name) + "s") return std::string(letter);
  return word;
}

// "0" and "-1" count the axes as NumPy does.
std::string counted(const std::string& word, const std::vector<std::string>& names) {
  int at = 0;
  const auto end = std::from_chars(word.data(), word.data() + word.size(), at);
  if (end.ec != std::errc{} || end.ptr != word.data() + word.size()) return word;
  if (at < 0) at += static_cast<int>(names.size());
  return at >= 0 && at < static_cast<int>(names.size()) ? names[static_cast<size_t>(at)] : word;
}

// The names in "yx" and "y, x"; empty where one of them is none.
std::vector<std::string> axes_in(const std::string& word, const std::vector<std::string>& names) {
  std::vector<std::string> found;
  for (const char c : lowercase(word)) {
    if (c == ' ' || c == ',') continue;
    if (std::find(names.begin(), names.end(), std::string(1, c)) == names.end()) return {};
    found.emplace_back(1, c);
  }
  return found;
}

}  // namespace

std::string axis_cure(const std::string& key, const std::string& given, const Layout& layout,
                      bool list, const std::string& otherwise) {
  const std::vector<std::string> names = names_of(layout);
  const std::string meant = letter_of(counted(given, names));
  const std::string write = "write " + key + ": ";
  if (std::find(names.begin(), names.end(), meant) != names.end()) return write + meant;
  const auto several = list ? axes_in(given, names) : std::vector<std::string>();
  return several.size() > 1 ? write + "[" + listed(several) + "]"
                            : otherwise + ": " + listed(names);
}

}  // namespace parfocal
