#include "parfocal/core/file_owner.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

namespace parfocal {
namespace {

void give(int fd, const struct stat& owner) {
  if (::fchown(fd, owner.st_uid, owner.st_gid) == 0) return;
  const bool refused = ::fchown(fd, static_cast<uid_t>(-1), owner.st_gid) != 0;
  (void)refused;  // then it stays ours
}

// By descriptors and through no link: whoever owns the folder could put one there meanwhile that
// leads to a file of root's. A second name of a file may lead there, too.
void give_tree(int folder, const char* name, const struct stat& owner) {
  const int fd = ::openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return;
  struct stat found {};
  const bool known = ::fstat(fd, &found) == 0;
  if (known && (S_ISDIR(found.st_mode) || (S_ISREG(found.st_mode) && found.st_nlink == 1)))
    give(fd, owner);
  DIR* const listed = known && S_ISDIR(found.st_mode) ? ::fdopendir(fd) : nullptr;
  if (!listed) {
    ::close(fd);
    return;
  }
  while (const dirent* const entry = ::readdir(listed))
    if (const std::string_view word = entry->d_name; word != "." && word != "..")
      give_tree(fd, entry->d_name, owner);
  ::closedir(listed);
}

}  // namespace

void keep_owner(const std::filesystem::path& replaced, const std::filesystem::path& made) {
  struct stat before {};
  struct stat now {};
  if (::lstat(replaced.c_str(), &before) != 0 || ::lstat(made.c_str(), &now) != 0) return;
  if (before.st_uid == now.st_uid && before.st_gid == now.st_gid) return;
  give_tree(AT_FDCWD, made.c_str(), before);
}

}  // namespace parfocal
