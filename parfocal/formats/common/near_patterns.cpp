#include "parfocal/formats/common/near_patterns.h"

#include <algorithm>
#include <iterator>

#include "parfocal/core/error.h"
#include "parfocal/core/folder_names.h"
#include "parfocal/core/lowercase.h"
#include "parfocal/core/patterns.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

std::string with_slashes(std::string pattern) {
  std::replace(pattern.begin(), pattern.end(), '\\', '/');
  return pattern;
}

// The name in `folder` that is meant by `part`; `part` itself where none is near.
std::string near_name(const fs::path& folder, const std::string& part) {
  std::error_code unknown;
  if (part.empty() || has_wildcard(part) || fs::exists(folder / part, unknown)) return part;
  const auto names = names_in(folder);
  for (const std::string& name : names)
    if (lowercase(name) == lowercase(part)) return name;
  const auto near = nearest_names(part, names);
  return near.empty() ? part : near[0];
}

std::string with_near_names(const fs::path& base, const std::string& pattern) {
  std::string done;
  for (size_t at = 0; at <= pattern.size();) {
    const size_t end = std::min(pattern.find('/', at), pattern.size());
    done +=
        near_name(base / done, pattern.substr(at, end - at)) + (end < pattern.size() ? "/" : "");
    at = end + 1;
  }
  return done;
}

// Of what is a set of letters to a pattern: br[1] is br[[]1].
std::string with_literal_brackets(const std::string& pattern) {
  std::string literal;
  for (const char c : pattern) literal += c == '[' ? std::string("[[]") : std::string(1, c);
  return literal;
}

std::string with_ending(const std::string& pattern, const std::string& ending) {
  const std::string now = fs::path(pattern).extension().string();
  constexpr const char* endings[] = {".tif", ".tiff", ".png", ".jpg", ".jpeg"};
  const bool of_images = std::any_of(std::begin(endings), std::end(endings),
                                     [&](const char* known) { return lowercase(now) == known; });
  return of_images ? pattern.substr(0, pattern.size() - now.size()) + ending : pattern;
}

// Without what surrounds a pattern where it was pasted: blanks, quotes of a word processor,
// file://.
std::string without_wrapping(std::string pattern) {
  for (const std::string_view mark : {"\u201c", "\u201d", "\u2018", "\u2019", "file://"})
    for (size_t at = 0; (at = pattern.find(mark)) != pattern.npos;) pattern.erase(at, mark.size());
  while (pattern.ends_with(' ')) pattern.pop_back();
  pattern.erase(0, pattern.find_first_not_of(' '));
  return pattern;
}

// Where a number or a choice stands at `at` as other programs write it ({t:03d}, {000..010},
// {tif,tiff}, %03d, \d+, ###), its length; else 0.
size_t placeholder_at(const std::string& pattern, size_t at) {
  const char c = pattern[at];
  if (c == '{') {
    const size_t close = pattern.find('}', at);
    return close == pattern.npos ? 0 : close + 1 - at;
  }
  if (c == '#') return std::min(pattern.find_first_not_of('#', at), pattern.size()) - at;
  if (c == '%') {
    const size_t d = pattern.find_first_not_of("0123456789", at + 1);
    return d != pattern.npos && pattern[d] == 'd' ? d + 1 - at : 0;
  }
  if (pattern.compare(at, 2, "\\d") != 0) return 0;
  size_t end = at + 2;
  if (end < pattern.size() && (pattern[end] == '+' || pattern[end] == '*')) ++end;
  if (end < pattern.size() && pattern[end] == '{') end += placeholder_at(pattern, end);
  return end - at;
}

std::string with_stars(const std::string& pattern) {
  std::string starred;
  for (size_t at = 0; at < pattern.size();) {
    const size_t length = placeholder_at(pattern, at);
    starred += length > 0 ? '*' : pattern[at];
    at += std::max<size_t>(length, 1);
  }
  return starred;
}

template <class F>
void add_changed(std::vector<std::string>& patterns, F&& change) {
  const size_t count = patterns.size();
  for (size_t i = 0; i < count; ++i)
    if (std::string changed = change(patterns[i]);
        std::find(patterns.begin(), patterns.end(), changed) == patterns.end())
      patterns.push_back(std::move(changed));
}

}  // namespace

std::vector<std::string> near_patterns(const fs::path& base, const std::string& pattern) {
  std::vector<std::string> patterns{pattern};
  add_changed(patterns, without_wrapping);
  add_changed(patterns, with_stars);
  add_changed(patterns, with_slashes);
  for (const char* ending :
       {".tif", ".tiff", ".TIF", ".TIFF", ".btf", ".jpg", ".jpeg", ".JPG", ".JPEG", ".png", ".PNG"})
    add_changed(patterns, [&](const std::string& p) { return with_ending(p, ending); });
  add_changed(patterns, with_literal_brackets);
  add_changed(patterns, [&](const std::string& p) { return with_near_names(base, p); });
  patterns.erase(patterns.begin());
  return patterns;
}

}  // namespace parfocal
