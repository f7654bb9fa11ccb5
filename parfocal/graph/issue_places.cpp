#include "parfocal/graph/issue_places.h"

#include <algorithm>
#include <charconv>
#include <string_view>

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

// What stands before its line and column.
std::string_view file_of(std::string_view where) {
  const size_t second = where.rfind(':');
  return where.substr(0,
                      second == 0 || second == where.npos ? second : where.rfind(':', second - 1));
}

}  // namespace

std::string where_of(const Location& place, const std::string& owner) {
  std::string where = place.str();
  return where.empty() ? owner : where;
}

// By files, where steps are included.
void sort_by_place(std::vector<Issue>& issues) {
  std::stable_sort(issues.begin(), issues.end(), [](const Issue& a, const Issue& b) {
    const auto x = place_of(a.where), y = place_of(b.where);
    const bool placed = x.first > 0 && y.first > 0;
    const int files = placed ? file_of(a.where).compare(file_of(b.where)) : 0;
    return files != 0 ? files < 0 : x < y;
  });
}

}  // namespace parfocal
