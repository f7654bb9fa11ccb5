#include "parfocal/graph/issue_places.h"

#include <algorithm>
#include <charconv>

namespace parfocal {
namespace {

// Line and column at the end of "file:line:column"; {0, 0} if there are none.
std::pair<int, int> place_of(const std::string& where) {
  const size_t second = where.rfind(':');
  if (second == std::string::npos || second == 0) return {0, 0};
  const size_t first = where.rfind(':', second - 1);
  const size_t start = first == std::string::npos ? 0 : first + 1;
  std::pair<int, int> place{0, 0};
  const char* text = where.data();
  if (std::from_chars(text + start, text + second, place.first).ptr != text + second) return {0, 0};
  std::from_chars(text + second + 1, text + where.size(), place.second);
  return place;
}

}  // namespace

std::string where_of(const Location& place, const std::string& owner) {
  std::string where = place.str();
  return where.empty() ? owner : where;
}

void sort_by_place(std::vector<Issue>& issues) {
  std::stable_sort(issues.begin(), issues.end(), [](const Issue& a, const Issue& b) {
    return place_of(a.where) < place_of(b.where);
  });
}

}  // namespace parfocal
