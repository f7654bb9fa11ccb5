#include "parfocal/formats/common/pattern_groups.h"

#include <algorithm>
#include <map>

#include "parfocal/core/patterns.h"
#include "parfocal/formats/common/file_list.h"
#include "parfocal/formats/common/folders.h"

namespace parfocal {
namespace {

constexpr const char* kExample = "'plates/(?<dataset>[A-H]\\d+)/*.tif'";

[[noreturn]] void refuse(const std::string& what, const Location& place,
                         const std::string& pattern) {
  throw Error(ErrorCode::invalid_pipeline,
              {what, place.str(), pattern, "a pattern of files with one group (?<dataset>...)",
               std::string("write e.g. glob: ") + kExample});
}

// Where the ')' stands that closes the group whose inner part begins at `at`.
size_t end_of_group(const std::string& pattern, size_t at) {
  for (bool in_class = false; at < pattern.size(); ++at) {
    if (pattern[at] == '\\')
      ++at;
    else if (pattern[at] == '[' && !in_class)
      in_class = true;
    else if (pattern[at] == ']')
      in_class = false;
    else if (pattern[at] == ')' && !in_class)
      return at;
  }
  return pattern.npos;
}

// "a|b" -> a, b; not at | in a class or behind \.
std::vector<std::string> alternatives_of(const std::string& inner) {
  std::vector<std::string> parts{""};
  bool in_class = false;
  for (size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] == '|' && !in_class) {
      parts.emplace_back();
      continue;
    }
    in_class = inner[i] == '[' || (in_class && inner[i] != ']');
    parts.back() += inner[i];
    if (inner[i] == '\\' && i + 1 < inner.size()) parts.back() += inner[++i];
  }
  return parts;
}

}  // namespace

GroupPattern::GroupPattern(const std::string& pattern, const Location& place) {
  const size_t plain = pattern.find("(?<"), python = pattern.find("(?P<");
  const size_t open = std::min(plain, python);
  if (open == pattern.npos) refuse("the pattern has no group", place, pattern);
  const size_t name = open + (python < plain ? 4 : 3), close = pattern.find('>', name);
  if (close == pattern.npos) refuse("the name of the group is never closed", place, pattern);
  name_ = pattern.substr(name, close - name);
  const size_t end = end_of_group(pattern, close + 1);
  if (end == pattern.npos) refuse("the group is never closed", place, pattern);
  before_ = pattern.substr(0, open);
  after_ = pattern.substr(end + 1);
  if (after_.find("(?<") != after_.npos || after_.find("(?P<") != after_.npos)
    refuse("the pattern has more than one group", place, pattern);
  const std::string inner = pattern.substr(close + 1, end - close - 1);
  std::string error;
  head_ = TextAtoms::of_files(before_, error);
  tail_ = TextAtoms::of_files(after_, error);
  for (const std::string& part : alternatives_of(inner)) {
    if (part.empty() && error.empty()) error = "an alternative is empty";
    alternatives_.push_back(TextAtoms::of_expression(part, error));
  }
  if (!error.empty()) refuse("the pattern cannot be read: " + error, place, pattern);
}

// Beside another * a second one could make the ** of any folders.
std::string GroupPattern::any() const {
  const bool beside = before_.ends_with('*') || after_.starts_with('*');
  return before_ + (beside ? "?" : "*") + after_;
}

std::string GroupPattern::with(const std::string& value) const {
  return before_ + literal_pattern(value) + after_;
}

std::optional<std::string> GroupPattern::value_in(std::string_view file) const {
  TextAtoms::Places first(file.size() + 1, 0), last = first;
  first[0] = last[file.size()] = 1;
  const auto begins = head_.ends(file, first), ends = tail_.begins(file, last);
  for (size_t i = 0; i < begins.size(); ++i) {
    if (!begins[i]) continue;
    TextAtoms::Places from(file.size() + 1, 0);
    from[i] = 1;
    size_t longest = i;
    for (const TextAtoms& alternative : alternatives_) {
      const auto reached = alternative.ends(file, from);
      for (size_t j = longest + 1; j < reached.size(); ++j)
        if (reached[j] && ends[j]) longest = j;
    }
    if (longest > i) return std::string(file.substr(i, longest - i));
  }
  return std::nullopt;
}

namespace {

// With A1 in place of the group, A*.tif behind it would find those of A10, too.
void require_own_files(const GroupPattern& pattern, const std::filesystem::path& base_dir,
                       const std::string& value, int64_t count, const Location& place) {
  const std::string own = pattern.with(value);
  const FileList files = FileList::find(base_dir, {own}, FileOrder::natural);
  if (files.size() == count) return;
  std::string other;
  for (int64_t k = 0; k < files.size() && other.empty(); ++k)
    if (pattern.value_in(files.name(k)) != value) other = files.name(k);
  throw Error(ErrorCode::invalid_pipeline,
              {"the files of dataset '" + value + "' are not told from those of others",
               place.str(), own + " finds " + other, "a pattern that finds only its own",
               "write what stands behind the group, e.g. (?<dataset>[^_]+)_*.tif"});
}

}  // namespace

std::vector<std::string> group_values(const GroupPattern& pattern,
                                      const std::filesystem::path& base_dir, size_t most,
                                      const Location& place) {
  const FileList files = FileList::find(base_dir, {pattern.any()}, FileOrder::natural);
  std::map<std::string, int64_t> found;  // and how many files have it
  for (int64_t k = 0; k < files.size() && found.size() <= most; ++k)
    if (auto value = pattern.value_in(files.name(k))) ++found[std::move(*value)];
  if (found.empty())
    throw Error(ErrorCode::input_missing,
                {"no file has a name in which the group of the pattern fits", place.str(),
                 files.name(0), pattern.any() + " with a value of the group",
                 "change the group, e.g. to (?<dataset>[^/]+)"});
  std::vector<std::string> values;
  for (const auto& [value, count] : found) {
    if (found.size() <= most) require_own_files(pattern, base_dir, value, count, place);
    values.push_back(value);
  }
  std::sort(values.begin(), values.end(), natural_less);
  return values;
}

}  // namespace parfocal
