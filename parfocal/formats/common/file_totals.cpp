#include "parfocal/formats/common/file_totals.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "parfocal/core/fingerprint.h"

namespace parfocal {
namespace {

struct Closer {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, Closer>;

Folder opened(int at, const char* name) {
  const int fd = ::openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  Folder folder(::fdopendir(fd));
  if (!folder) ::close(fd);
  return folder;
}

// Systems leave files of their own in folders, which begin with a dot as only .zarray and its like
// do in a store.
bool is_of_the_store(std::string_view name) { return name[0] != '.' || name.starts_with(".z"); }

// Links are followed, as reading follows them; `levels` ends those that lead back.
void add_below(DIR* folder, uint64_t path, size_t levels, FileTotals& totals) {
  while (const dirent* entry = ::readdir(folder)) {
    struct stat info {};
    if (!is_of_the_store(entry->d_name) || ::fstatat(::dirfd(folder), entry->d_name, &info, 0) != 0)
      continue;
    const uint64_t name = fingerprint_of(entry->d_name, fingerprint_of("/", path));
    if (S_ISREG(info.st_mode))
      totals.add(name, info.st_size,
                 info.st_mtim.tv_sec * int64_t{1'000'000'000} + info.st_mtim.tv_nsec);
    else if (S_ISDIR(info.st_mode) && levels > 1)
      if (const Folder below = opened(::dirfd(folder), entry->d_name))
        add_below(below.get(), name, levels - 1, totals);
  }
}

}  // namespace

void FileTotals::add(uint64_t name, int64_t size, int64_t time_ns) {
  ++files;
  bytes += size;
  changed_ns = std::max(changed_ns, time_ns);
  fingerprint += fingerprint_of(fmt::format("{:016x} {} {}", name, size, time_ns));
}

void FileTotals::add_array(const std::filesystem::path& root, const std::string& array,
                           size_t levels) {
  if (const Folder folder = opened(AT_FDCWD, (root / array).c_str()))
    add_below(folder.get(), fingerprint_of(array), levels, *this);
}

std::string FileTotals::str() const {
  return fmt::format("{} files, {} bytes, fingerprint {}, changed {}", files, bytes,
                     fingerprint_text(fingerprint), changed_ns);
}

}  // namespace parfocal
