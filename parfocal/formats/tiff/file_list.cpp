#include "parfocal/formats/tiff/file_list.h"
#include "parfocal/core/fingerprint.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>

#include "parfocal/core/error.h"
#include "parfocal/core/patterns.h"
#include "parfocal/formats/tiff/folders.h"
#include "parfocal/formats/tiff/near_patterns.h"

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

struct FileState {
  int64_t bytes = 0, time_ns = 0;
  uint32_t hash = 0;  // 0 = not there
};

template <class T>
std::string_view bytes_of(const T& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

FileState state_of(const std::filesystem::path& path, bool& is_folder) {
  struct stat info {};
  is_folder = false;
  if (::stat(path.c_str(), &info) != 0) return {};
  is_folder = S_ISDIR(info.st_mode);
  FileState state{info.st_size, info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec, 0};
  uint64_t hash = fingerprint_of(bytes_of(info.st_dev));
  hash = fingerprint_of(bytes_of(info.st_ino), hash);
  hash = fingerprint_of(bytes_of(state.bytes), hash);
  hash = fingerprint_of(bytes_of(state.time_ns), hash);
  state.hash = std::max<uint32_t>(1, static_cast<uint32_t>(hash ^ hash >> 32));
  return state;
}

struct Matches {
  std::string names;
  std::vector<uint64_t> ends;
  std::vector<FileState> states;
  std::string_view name(size_t k) const {
    const uint64_t begin = k == 0 ? 0 : ends[k - 1];
    return std::string_view(names).substr(begin, ends[k] - begin);
  }
};

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

void add_file(const std::filesystem::path& base, const std::string& name, Matches& found) {
  bool is_folder = false;
  const std::filesystem::path path = base / name;
  const FileState state = state_of(path, is_folder);
  struct stat link {};
  if (is_folder || (state.hash == 0 && ::lstat(path.c_str(), &link) != 0)) return;
  found.names += name;
  found.ends.push_back(found.names.size());
  found.states.push_back(state);
}

void expand(const std::filesystem::path& base, const std::string& prefix, std::string_view rest,
            Matches& found);

constexpr std::string_view kAnyFolders = "**/";

// `**`: `rest` in this folder and in all below it.
void expand_below(const std::filesystem::path& base, const std::string& prefix,
                  std::string_view rest, Matches& found) {
  std::vector<std::string> open{prefix};
  while (!open.empty()) {
    const std::string folder = std::move(open.back());
    open.pop_back();
    expand(base, folder, rest, found);
    for (const std::string& name : folders_in(base / folder)) open.push_back(folder + name + "/");
  }
}

// `prefix`: folders already matched, "" or ending in '/'; `rest`: pattern still to match.
void expand(const std::filesystem::path& base, const std::string& prefix, std::string_view rest,
            Matches& found) {
  while (rest.starts_with(std::string(kAnyFolders) + std::string(kAnyFolders)))
    rest.remove_prefix(kAnyFolders.size());
  if (rest == "**" || rest == "**/**") return expand_below(base, prefix, "*", found);
  if (rest.starts_with(kAnyFolders))
    return expand_below(base, prefix, rest.substr(kAnyFolders.size()), found);
  const size_t slash = rest.find('/');
  const std::string part(rest.substr(0, slash));
  const bool last = slash == rest.npos;
  if (!has_wildcard(part)) {
    last ? add_file(base, prefix + part, found)
         : expand(base, prefix + part + "/", rest.substr(slash + 1), found);
    return;
  }
  const std::filesystem::path folder = base / prefix;
  const std::unique_ptr<DIR, DirCloser> dir(::opendir(folder.empty() ? "." : folder.c_str()));
  if (!dir) return;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (::fnmatch(part.c_str(), entry->d_name, FNM_PERIOD) != 0) continue;
    if (last)
      add_file(base, prefix + entry->d_name, found);
    else if (entry->d_type != DT_REG)
      expand(base, prefix + entry->d_name + "/", rest.substr(slash + 1), found);
  }
}

int64_t count_entries(const std::filesystem::path& folder, const std::string& ending) {
  int64_t entries = 0;
  std::error_code ignored;
  for (std::filesystem::directory_iterator it(folder, ignored), end; it != end && !ignored;
       it.increment(ignored))
    entries += ending.empty() || it->path().extension() == ending ? 1 : 0;
  return entries;
}

// A folder is not looked into unless the pattern says so.
void fail_if_folder(const std::filesystem::path& base, const std::string& pattern) {
  std::error_code ignored;
  const std::filesystem::path folder = base / pattern;
  if (pattern.empty() || has_wildcard(pattern) || !std::filesystem::is_directory(folder, ignored))
    return;
  for (const char* file : {"zarr.json", ".zgroup", ".zarray", ".zattrs"})
    if (std::filesystem::exists(folder / file, ignored))
      throw Error(
          ErrorCode::input_missing,
          Issue{"the glob is an OME-Zarr", "source.glob", pattern, "a pattern of TIFF files",
                "write source: {type: ome_zarr, path: \"" + pattern + "\"}"});
  const std::string slash = pattern.ends_with('/') ? "" : "/";
  std::string ending = ".tif";
  for (const char* other : {".tiff", ".TIF", ".TIFF", ".btf"})
    if (count_entries(folder, ending) == 0 && count_entries(folder, other) > 0) ending = other;
  throw Error(ErrorCode::input_missing,
              Issue{"the glob is a folder", "source.glob", pattern, "a pattern of files",
                    "write glob: \"" + pattern + slash + "*" + ending + "\" (" +
                        std::to_string(count_entries(folder, ending)) + " files)"});
}

// What a shell makes of ~ is not done here.
void fail_if_home(const std::string& pattern) {
  if (!pattern.starts_with("~/")) return;
  const char* home = std::getenv("HOME");
  throw Error(ErrorCode::input_missing,
              Issue{"~ is not known here", "source.glob", pattern, "a path without ~",
                    home ? "write the path in full: \"" + (home + pattern.substr(1)) + "\""
                         : "write the path in full"});
}

void fail_if_address(const std::string& pattern) {
  const size_t mark = pattern.find("://");
  if (mark == pattern.npos || pattern.starts_with("file:")) return;
  throw Error(ErrorCode::input_missing,
              Issue{"this is an address on a network", "source.glob", pattern,
                    "files of this computer", "copy the files here, and name them by their path"});
}

// A pattern that is nearly the same and has files.
void fail_if_near(const std::filesystem::path& base, const std::string& pattern) {
  if (pattern.find("**") != pattern.npos) return;  // whole trees
  for (const std::string& near : near_patterns(base, pattern)) {
    Matches found;
    expand(base, "", near, found);
    if (found.ends.empty()) continue;
    throw Error(ErrorCode::input_missing,
                Issue{"no file matches the glob", "source.glob", pattern, "at least one file",
                      "write glob: \"" + near + "\" (" + std::to_string(found.ends.size()) +
                          (found.ends.size() == 1 ? " file)" : " files)")});
  }
}

[[noreturn]] void fail_missing(const std::filesystem::path& base, const std::string& pattern) {
  fail_if_home(pattern);
  fail_if_address(pattern);
  fail_if_folder(base, pattern);
  fail_if_near(base, pattern);
  std::filesystem::path folder = (base / pattern).parent_path();
  std::error_code ignored;
  while (has_wildcard(folder.string()) || (!folder.empty() && folder != folder.root_path() &&
                                           !std::filesystem::is_directory(folder, ignored)))
    folder = folder.parent_path();
  if (folder.empty()) folder = ".";
  throw Error(
      ErrorCode::input_missing,
      Issue{"no file matches the glob", "source.glob", pattern, "at least one file",
            std::string(pattern.find('$') == pattern.npos
                            ? ""
                            : "write the path in full, $NAME is not known here; ") +
                (pattern.find('\\') == pattern.npos ? "" : "write / between folders, not \\; ") +
                ("the nearest folder that exists is " + seen_in(folder))});
}

std::vector<uint32_t> sorted_order(const Matches& found, FileOrder order) {
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
                        const std::vector<std::string>& patterns, FileOrder order) {
  Matches found;
  for (const std::string& pattern : patterns) {
    const size_t before = found.ends.size();
    if (pattern.starts_with('/'))
      expand("/", "/", std::string_view(pattern).substr(1), found);
    else
      expand(base_dir, "", pattern, found);
    if (found.ends.size() == before) fail_missing(base_dir, pattern);
  }
  if (found.ends.empty()) fail_missing(base_dir, "");
  FileList list;
  list.base_dir_ = base_dir;
  list.names_.reserve(found.names.size());
  list.ends_.reserve(found.ends.size());
  list.bytes_.reserve(found.ends.size());
  list.states_.reserve(found.ends.size());
  list.fingerprint_ = fingerprint_of("");
  for (const uint32_t k : sorted_order(found, order)) {
    if (!list.ends_.empty() && list.name(list.size() - 1) == found.name(k)) continue;
    list.add(found.name(k), found.states[k].bytes, found.states[k].time_ns, found.states[k].hash);
  }
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
