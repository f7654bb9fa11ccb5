#include "parfocal/formats/tiff/name_grid.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

namespace parfocal {
namespace {

using Words = std::vector<std::string_view>;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Numbers, and what stands between them.
Words words_of(std::string_view name) {
  Words words;
  for (size_t from = 0, at = 0; at < name.size(); from = at) {
    while (at < name.size() && is_digit(name[at]) == is_digit(name[from])) ++at;
    words.push_back(name.substr(from, at - from));
  }
  return words;
}

}  // namespace

std::vector<int64_t> name_grid(const std::vector<std::string>& names) {
  std::vector<Words> all;
  for (const std::string& name : names) all.push_back(words_of(name));
  std::vector<int64_t> sizes;
  std::vector<size_t> place(all.size(), 0);  // of each name, by the words up to here
  size_t places = 1;
  int64_t cells = 1;
  for (size_t w = 0; !all.empty() && w < all[0].size(); ++w) {
    std::map<std::pair<size_t, std::string_view>, size_t> known;
    std::set<std::string_view> words;
    for (size_t k = 0; k < all.size(); ++k) {
      if (all[k].size() != all[0].size()) return {};
      words.insert(all[k][w]);
      place[k] = known.try_emplace({place[k], all[k][w]}, known.size()).first->second;
    }
    if (known.size() == places) continue;  // the words before it say it, such as w1DAPI, w2GFP
    places = known.size();
    sizes.push_back(std::ssize(words));
    if (cells > std::ssize(names)) return {};
    cells *= sizes.back();
  }
  return sizes.size() > 1 && cells == std::ssize(names) ? sizes : std::vector<int64_t>();
}

}  // namespace parfocal
