#include "parfocal/formats/common/glob_matches.h"

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "parfocal/core/fingerprint.h"
#include "parfocal/core/patterns.h"
#include "parfocal/formats/common/folders.h"

namespace parfocal {
namespace {

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

void add_file(const std::filesystem::path& base, const std::string& name, GlobMatches& found) {
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
            GlobMatches& found);

constexpr std::string_view kAnyFolders = "**/";

// `**`: `rest` in this folder and in all below it.
void expand_below(const std::filesystem::path& base, const std::string& prefix,
                  std::string_view rest, GlobMatches& found) {
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
            GlobMatches& found) {
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

}  // namespace

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

void match_glob(const std::filesystem::path& base, const std::string& pattern, GlobMatches& found) {
  if (pattern.starts_with('/'))
    expand("/", "/", std::string_view(pattern).substr(1), found);
  else
    expand(base, "", pattern, found);
}

}  // namespace parfocal
