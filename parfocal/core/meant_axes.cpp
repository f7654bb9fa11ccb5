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

// The letter of a word in the table; "" if it is none.
std::string known_letter(const std::string& word) {
  constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"time", "t"},   {"frame", "t"},    {"timepoint", "t"}, {"image", "t"},  {"channel", "c"},
      {"color", "c"},  {"colour", "c"},   {"slice", "z"},     {"plane", "z"},  {"depth", "z"},
      {"stack", "z"},  {"position", "p"}, {"scene", "p"},     {"series", "p"}, {"row", "y"},
      {"height", "y"}, {"column", "x"},   {"col", "x"},       {"width", "x"}};
  const std::string small = lowercase(word);
  for (const auto& [name, letter] : words)
    if (small == name || small == std::string(name) + "s") return std::string(letter);
  return "";
}

std::string letter_of(const std::string& word) {
  const std::string letter = known_letter(word);
  return letter.empty() ? lowercase(word) : letter;
}

bool are_letters(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

// The words of "time y x", "Frame,Y,X" or "time-y-x".
std::vector<std::string> words_of(const std::string& text) {
  constexpr const char* separators = " ,;-_/";
  std::vector<std::string> words;
  for (size_t at = 0; (at = text.find_first_not_of(separators, at)) != text.npos;) {
    const size_t end = std::min(text.find_first_of(separators, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
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

std::string axis_letter(const std::string& word) {
  const std::string letter = known_letter(word);
  if (!letter.empty()) return letter;
  return word.size() == 1 ? lowercase(word) : word;
}

RawValue with_axis_letters(RawValue raw) {
  if (raw.kind == RawValue::Kind::scalar) raw.text = axis_letter(raw.text);
  for (RawValue& item : raw.items) item = with_axis_letters(std::move(item));
  for (auto& [axis, value] : raw.entries) axis = axis_letter(axis);
  return raw;
}

RawValue with_joined_axes(RawValue raw) {
  std::vector<std::string> words;
  for (const RawValue& item : raw.items) words.push_back(item.text);
  if (raw.kind == RawValue::Kind::scalar) words = words_of(raw.text);
  std::string letters;
  for (const std::string& word : words) letters += words.size() > 1 ? axis_letter(word) : word;
  const std::string small = lowercase(letters);
  const bool understood = are_letters(small) && small.ends_with("yx") &&
                          (words.size() == 1 || small.size() == words.size());
  if (!understood) return raw;
  RawValue joined = RawValue::scalar(small);
  joined.place = raw.place;
  return joined;
}

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
