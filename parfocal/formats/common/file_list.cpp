#include "parfocal/formats/common/file_list.h"

#include <fnmatch.h>

#include <algorithm>
#include <numeric>

#include "parfocal/core/fingerprint.h"
#include "parfocal/core/listed.h"
#include "parfocal/formats/common/glob_matches.h"
#include "parfocal/formats/common/no_match.h"

namespace parfocal {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The run of digits at `i`, without leading zeros; `i` moves behind it.
std::string_view take_number(std::string_view s, size_t& i) {
  while (i < s.size() && s[i] == '0') ++i;
  const size_t first = i;
  while (i < s.size() && is_digit(s[i])) ++i;
  return s.substr(first, i - first);
}

int compare_natural(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::string_view x = take_number(a, i), y = take_number(b, j);
      if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
      if (const int c = x.compare(y)) return c;
    } else {
      if (a[i] != b[j]) return static_cast<uint8_t>(a[i]) < static_cast<uint8_t>(b[j]) ? -1 : 1;
      ++i, ++j;
    }
  }
  return static_cast<int>(i < a.size()) - static_cast<int>(j < b.size());
}

// A part of a pattern that stands for any number of folders, or matches one name.
bool path_matches(std::string_view pattern, std::string_view path) {
  constexpr std::string_view any = "**/";
  if (pattern == "**") return true;
  while (pattern.starts_with(any) && pattern.substr(any.size()).starts_with(any))
    pattern.remove_prefix(any.size());
  if (pattern.starts_with(any)) {
    const std::string_view rest = pattern.substr(any.size());
    for (size_t at = 0;; at = path.find('/', at) + 1) {
      if (path_matches(rest, path.substr(at))) return true;
      if (path.find('/', at) == path.npos) return false;
    }
  }
  const size_t part = pattern.find('/'), folder = path.find('/');
  if ((part == pattern.npos) != (folder == path.npos)) return false;
  if (::fnmatch(std::string(pattern.substr(0, part)).c_str(),
                std::string(path.substr(0, folder)).c_str(), 0) != 0)
    return false;
  return part == pattern.npos || path_matches(pattern.substr(part + 1), path.substr(folder + 1));
}

bool name_matches(const std::string& pattern, std::string_view name) {
  if (pattern.find('/') != pattern.npos) return path_matches(pattern, name);
  return ::fnmatch(pattern.c_str(), std::string(name.substr(name.rfind('/') + 1)).c_str(), 0) == 0;
}

// Which files of a glob are left out.
class Exclusion {
 public:
  explicit Exclusion(const std::vector<std::string>& patterns)
      : patterns_(patterns), used_(patterns.size()) {}
  bool takes(std::string_view name) {
    bool taken = false;
    for (size_t i = 0; i < patterns_.size(); ++i)
      if (name_matches(patterns_[i], name)) taken = used_[i] = true;
    return taken;
  }
  std::vector<std::string> notices() const {
    std::vector<std::string> notices;
    for (size_t i = 0; i < patterns_.size(); ++i)
      if (!used_[i]) notices.push_back("exclude: " + patterns_[i] + " matches none of the files.");
    return notices;
  }

 private:
  const std::vector<std::string>& patterns_;
  std::vector<bool> used_;
};

[[noreturn]] void fail_all_excluded(const std::vector<std::string>& exclude, size_t files) {
  throw Error(ErrorCode::input_missing,
              Issue{"exclude leaves no file", "source.exclude", listed(exclude),
                    "at least one of the " + std::to_string(files) + " that the glob matches",
                    "remove exclude, or write a pattern of fewer files"});
}

std::vector<uint32_t> sorted_order(const GlobMatches& found, FileOrder order) {
  std::vector<uint32_t> index(found.ends.size());
  std::iota(index.begin(), index.end(), 0u);
  std::sort(index.begin(), index.end(), [&](uint32_t a, uint32_t b) {
    if (order == FileOrder::time && found.states[a].time_ns != found.states[b].time_ns)
      return found.states[a].time_ns < found.states[b].time_ns;
    if (order == FileOrder::lexical) return found.name(a) < found.name(b);
    return natural_less(found.name(a), found.name(b));
  });
  return index;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  const int c = compare_natural(a, b);
  return c != 0 ? c < 0 : a < b;
}

FileList FileList::find(const std::filesystem::path& base_dir,
                        const std::vector<std::string>& patterns, FileOrder order,
                        const std::vector<std::string>& exclude) {
  GlobMatches found;
  for (const std::string& pattern : patterns) {
    const size_t before = found.ends.size();
    match_glob(base_dir, pattern, found);
    if (found.ends.size() == before) fail_no_match(base_dir, pattern);
  }
  if (found.ends.empty()) fail_no_match(base_dir, "");
  FileList list;
  list.base_dir_ = base_dir;
  list.names_.reserve(found.names.size());
  list.ends_.reserve(found.ends.size());
  list.bytes_.reserve(found.ends.size());
  list.states_.reserve(found.ends.size());
  list.fingerprint_ = fingerprint_of("");
  Exclusion exclusion(exclude);
  for (const uint32_t k : sorted_order(found, order)) {
    if (exclusion.takes(found.name(k))) continue;
    if (!list.ends_.empty() && list.name(list.size() - 1) == found.name(k)) continue;
    list.add(found.name(k), found.states[k].bytes, found.states[k].time_ns, found.states[k].hash);
  }
  if (list.size() == 0) fail_all_excluded(exclude, found.ends.size());
  list.notices_ = exclusion.notices();
  return list;
}

FileList FileList::of(const std::filesystem::path& base_dir,
                      const std::vector<std::string>& names) {
  FileList list;
  list.base_dir_ = base_dir;
  list.fingerprint_ = fingerprint_of("");
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    bool is_folder = false;
    const FileState state = state_of(base_dir / name, is_folder);
    if (is_folder || state.hash == 0) missing.push_back(name);
    list.add(name, state.bytes, state.time_ns, state.hash);
  }
  if (!missing.empty()) fail_not_there(base_dir, missing);
  return list;
}

void FileList::add(std::string_view name, int64_t bytes, int64_t time_ns, uint32_t state) {
  names_ += name;
  ends_.push_back(names_.size());
  bytes_.push_back(bytes);
  states_.push_back(state);
  total_bytes_ += bytes;
  fingerprint_ = fingerprint_of(name, fingerprint_);
  fingerprint_ = fingerprint_of(bytes_of(bytes), fingerprint_);
  fingerprint_ = fingerprint_of(bytes_of(time_ns), fingerprint_);
}

bool FileList::has(const std::string& name) const {
  bool is_folder = false;
  return state_of(base_dir_ / name, is_folder).hash != 0 && !is_folder;
}

int64_t FileList::append(const std::string& name) {
  bool is_folder = false;
  const FileState state = state_of(base_dir_ / name, is_folder);
  add(name, state.bytes, state.time_ns, state.hash);
  return size() - 1;
}

Status FileList::unchanged() const {
  for (int64_t k = 0; k < size(); ++k) {
    bool is_folder = false;
    const FileState now = state_of(path(k), is_folder);
    if (now.hash == states_[static_cast<size_t>(k)]) continue;
    return Status::fail(
        {"an input file changed while it was read", name(k),
         now.hash == 0 ? "it is not there any more"
                       : "another file, size or time of change (" + std::to_string(now.bytes) +
                             " bytes now, " + std::to_string(bytes(k)) + " before)",
         "files that stay as they are while they are read", "run again when nothing writes to it"});
  }
  return {};
}

std::string FileList::name(int64_t index) const {
  const size_t k = static_cast<size_t>(index);
  const uint64_t begin = k == 0 ? 0 : ends_[k - 1];
  return names_.substr(begin, ends_[k] - begin);
}

}  // namespace parfocal
