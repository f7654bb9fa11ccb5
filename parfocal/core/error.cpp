#include "parfocal/core/error.h"

#include <algorithm>

#include "parfocal/core/lowercase.h"

namespace parfocal {

std::string Location::str() const {
  std::string s = file;
  if (line > 0) s += (s.empty() ? "" : ":") + std::to_string(line) + ":" + std::to_string(column);
  return s;
}

std::string Issue::str() const {
  std::string s = where.empty() ? what : where + ": " + what;
  if (!given.empty()) s += "\n  given:  " + given;
  if (!needed.empty()) s += "\n  needed: " + needed;
  if (!cure.empty()) s += "\n  cure:   " + cure;
  return s;
}

Error::Error(ErrorCode code, std::vector<Issue> issues) : code_(code), issues_(std::move(issues)) {
  for (const Issue& issue : issues_) text_ += (text_.empty() ? "" : "\n") + issue.str();
}

// Optimal string alignment distance: insert, delete, replace, swap of neighbours.
static size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i)
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

// mean_intensity and intensity_mean.
static bool same_words(const std::string& a, const std::string& b) {
  const auto words = [](const std::string& name) {
    std::vector<std::string> parts{""};
    for (const char c : name)
      if (c == '_')
        parts.emplace_back();
      else
        parts.back() += c;
    std::sort(parts.begin(), parts.end());
    return parts;
  };
  return a.size() == b.size() && words(a) == words(b);
}

// Whether a word more makes another thing of `name`: area_convex is no area, and weighted_centroid
// no centroid.
static bool is_qualified(const std::string& word, const std::string& name) {
  for (const char* other : {"weighted", "convex", "filled", "bbox", "local"})
    if (word == name + "_" + other || word == other + ("_" + name)) return true;
  return false;
}

std::vector<std::string> nearest_names(const std::string& word,
                                       const std::vector<std::string>& known, size_t most) {
  constexpr size_t kMostBytes = 200;  // comparing grows with the product of both
  if (word.size() > kMostBytes) return {};
  std::vector<std::pair<size_t, std::string>> ranked;
  std::string small = lowercase(word);  // OME-Zarr is ome_zarr
  std::replace(small.begin(), small.end(), '-', '_');
  for (const std::string& name : known) {
    if (name.size() > kMostBytes) continue;
    if (is_qualified(small, name)) continue;
    const bool part = std::min(word.size(), name.size()) >= 3;
    const bool prefix = part && (name.starts_with(word) || word.starts_with(name) ||
                                 name.ends_with("_" + word));  // mean of intensity_mean
    const size_t distance = same_words(small, name)
                                ? 0
                                : std::min(edit_distance(word, name), edit_distance(small, name));
    if (prefix || distance <= std::max<size_t>(1, std::max(word.size(), name.size()) / 3))
      ranked.emplace_back(prefix ? std::min<size_t>(distance, 1) : distance, name);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string> result;
  for (size_t i = 0; i < ranked.size() && i < most; ++i) result.push_back(ranked[i].second);
  return result;
}

}  // namespace parfocal
