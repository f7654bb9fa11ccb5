#include "parfocal/formats/common/folders.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

namespace parfocal {
namespace {

struct Closer {
  void operator()(DIR* dir) const { ::closedir(dir); }
};

}  // namespace

std::vector<std::string> folders_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, Closer> dir(::opendir(folder.empty() ? "." : folder.c_str()));
  while (const dirent* entry = dir ? ::readdir(dir.get()) : nullptr) {
    if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
      continue;
    struct stat info {};
    if (entry->d_type == DT_DIR ||
        (::lstat((folder / entry->d_name).c_str(), &info) == 0 && S_ISDIR(info.st_mode)))
      names.emplace_back(entry->d_name);
  }
  return names;
}

std::string seen_in(const std::filesystem::path& folder) {
  constexpr size_t kNamed = 2;
  std::error_code ignored;
  auto whole = std::filesystem::absolute(folder, ignored).lexically_normal();
  if (!whole.has_filename() && whole.has_relative_path()) whole = whole.parent_path();
  std::vector<std::string> names;
  int64_t entries = 0;
  for (std::filesystem::directory_iterator it(folder, ignored), end; !ignored && it != end;
       it.increment(ignored)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with('.')) continue;
    ++entries;
    names.push_back(name);
    std::sort(names.begin(), names.end());
    names.resize(std::min(names.size(), kNamed));
  }
  std::string text =
      whole.string() + " (" + std::to_string(entries) + (entries == 1 ? " entry" : " entries");
  for (size_t i = 0; i < names.size(); ++i) text += (i == 0 ? ": " : ", ") + names[i];
  return text + (entries > std::ssize(names) ? ", ...)" : ")");
}

}  // namespace parfocal
