#include "parfocal/core/channel_names.h"

#include <algorithm>
#include <charconv>

#include "parfocal/core/lowercase.h"

namespace parfocal {
namespace {

// "Red" and "r" are both r; other words are themselves.
std::string colour_letter(std::string_view word) {
  constexpr std::string_view colours[][2] = {
      {"red", "r"}, {"green", "g"}, {"blue", "b"}, {"alpha", "a"}, {"gray", "grey"}};
  const std::string small = lowercase(std::string(word));
  for (const auto& [name, letter] : colours)
    if (small == name) return std::string(letter);
  return small;
}

// The only label that `matches`; -1 if none or several do.
template <class F>
int64_t only_label(const std::vector<std::string>& labels, F&& matches) {
  const auto found = std::find_if(labels.begin(), labels.end(), matches);
  if (found == labels.end() || std::find_if(found + 1, labels.end(), matches) != labels.end())
    return -1;
  return found - labels.begin();
}

int64_t counted_channel(std::string_view word, int64_t size) {
  int64_t index = 0;
  const auto end = std::from_chars(word.data(), word.data() + word.size(), index);
  const bool whole = end.ec == std::errc{} && end.ptr == word.data() + word.size();
  return whole && index >= 0 && index < size ? index : -1;
}

}  // namespace

std::vector<std::string> sample_names(int64_t samples) {
  switch (samples) {
    case 1:
      return {};
    case 2:
      return {"grey", "a"};
    case 3:
      return {"r", "g", "b"};
    case 4:
      return {"r", "g", "b", "a"};
    default:
      break;
  }
  std::vector<std::string> numbers;
  for (int64_t s = 0; s < samples; ++s) numbers.push_back(std::to_string(s));
  return numbers;
}

int64_t channel_index(std::string_view word, const std::vector<std::string>& labels, int64_t size) {
  int64_t found = only_label(labels, [&](const std::string& label) { return label == word; });
  const std::string small = lowercase(std::string(word)), letter = colour_letter(word);
  if (found < 0)
    found = only_label(labels, [&](const std::string& label) { return lowercase(label) == small; });
  if (found < 0)
    found = only_label(labels,
                       [&](const std::string& label) { return colour_letter(label) == letter; });
  if (found < 0) found = counted_channel(word, size);
  return found < size ? found : -1;
}

}  // namespace parfocal
