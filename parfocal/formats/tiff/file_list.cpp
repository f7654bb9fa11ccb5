#include "parfocal/formats/tiff/file_list.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "parfocal/core/error.h"

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

struct Found {
  std::string names;
  std::vector<uint64_t> ends;
  std::vector<int64_t> sizes, times_ns;
  std::string_view name(size_t k) const {
    const uint64_t begin = k == 0 ? 0 : ends[k - 1];
    return std::string_view(names).substr(begin, ends[k] - begin);
  }
};

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

bool has_wildcard(std::string_view s) { return s.find_first_of("*?[") != s.npos; }

void add_file(const std::filesystem::path& base, const std::string& name, Found& found) {
  struct stat info {};
  if (::stat((base / name).c_str(), &info) != 0 || S_ISDIR(info.st_mode)) return;
  found.names += name;
  found.ends.push_back(found.names.size());
  found.sizes.push_back(info.st_size);
  found.times_ns.push_back(info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec);
}

// `prefix`: folders already matched, "" or ending in '/'; `rest`: pattern still to match.
void expand(const std::filesystem::path& base, const std::string& prefix, std::string_view rest,
            Found& found) {
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

[[noreturn]] void fail_missing(const std::filesystem::path& base, const std::string& pattern) {
  std::filesystem::path folder = (base / pattern).parent_path();
  std::error_code ignored;
  while (has_wildcard(folder.string()) || (!folder.empty() && folder != folder.root_path() &&
                                           !std::filesystem::is_directory(folder, ignored)))
    folder = folder.parent_path();
  if (folder.empty()) folder = ".";
  int64_t entries = 0;
  for (std::filesystem::directory_iterator it(folder, ignored), end; it != end && !ignored;
       it.increment(ignored))
    ++entries;
  throw Error(ErrorCode::input_missing,
              Issue{"no file matches the glob", "source.glob", pattern,
                    "at least one file below " + (base / ".").lexically_normal().string(),
                    "the nearest folder that exists is " + folder.lexically_normal().string() +
                        " (" + std::to_string(entries) +
                        " entries); paths are relative to the "
                        "pipeline file"});
}

std::vector<uint32_t> sorted_order(const Found& found, FileOrder order) {
  std::vector<uint32_t> index(found.ends.size());
  std::iota(index.begin(), index.end(), 0u);
  std::sort(index.begin(), index.end(), [&](uint32_t a, uint32_t b) {
    if (order == FileOrder::time && found.times_ns[a] != found.times_ns[b])
      return found.times_ns[a] < found.times_ns[b];
    if (order == FileOrder::lexical) return found.name(a) < found.name(b);
    return natural_less(found.name(a), found.name(b));
  });
  return index;
}

uint64_t mixed(uint64_t hash, const void* data, size_t bytes) {  // FNV-1a
  for (size_t i = 0; i < bytes; ++i)
    hash = (hash ^ static_cast<const uint8_t*>(data)[i]) * 0x100000001b3u;
  return hash;
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  const int c = compare_natural(a, b);
  return c != 0 ? c < 0 : a < b;
}

FileList FileList::find(const std::filesystem::path& base_dir,
                        const std::vector<std::string>& patterns, FileOrder order) {
  Found found;
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
  list.fingerprint_ = 0xcbf29ce484222325u;
  for (const uint32_t k : sorted_order(found, order)) {
    if (!list.ends_.empty() && list.name(list.size() - 1) == found.name(k)) continue;
    list.names_ += found.name(k);
    list.ends_.push_back(list.names_.size());
    list.total_bytes_ += found.sizes[k];
    list.fingerprint_ = mixed(list.fingerprint_, found.name(k).data(), found.name(k).size());
    list.fingerprint_ = mixed(list.fingerprint_, &found.sizes[k], sizeof found.sizes[k]);
    list.fingerprint_ = mixed(list.fingerprint_, &found.times_ns[k], sizeof found.times_ns[k]);
  }
  return list;
}

std::string FileList::name(int64_t index) const {
  const size_t k = static_cast<size_t>(index);
  const uint64_t begin = k == 0 ? 0 : ends_[k - 1];
  return names_.substr(begin, ends_[k] - begin);
}

}  // namespace parfocal
