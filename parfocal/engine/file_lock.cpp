#include "parfocal/engine/file_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "parfocal/core/error.h"

namespace parfocal::engine {
namespace {

namespace fs = std::filesystem;

flock whole_file() {
  flock range{};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return range;
}

bool is_busy(int fd) {
  flock range = whole_file();
  return ::fcntl(fd, F_OFD_SETLK, &range) != 0 && (errno == EAGAIN || errno == EACCES);
}

}  // namespace

std::optional<FileLock> FileLock::take(const fs::path& file, int flags) {
  for (;;) {
    FileLock lock(::open(file.c_str(), flags | O_RDWR | O_CLOEXEC, 0666));
    if (lock.fd_ < 0 && errno == EEXIST) return std::nullopt;
    if (lock.fd_ < 0)
      throw Error(ErrorCode::run_failed,
                  Issue{"cannot open a file that says who writes here: " +
                            std::generic_category().message(errno),
                        file.string(), "", "a folder that can be written", "choose another one"});
    if (is_busy(lock.fd_)) return std::nullopt;
    if (lock.is_at(file)) return lock;  // else its last holder has removed or replaced it
  }
}

bool FileLock::held(const fs::path& file) {
  const FileLock opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  flock range = whole_file();
  return opened.fd_ >= 0 && ::fcntl(opened.fd_, F_OFD_GETLK, &range) == 0 &&
         range.l_type != F_UNLCK;
}

bool FileLock::is_at(const fs::path& file) const {
  struct stat open {};
  struct stat named {};
  return ::fstat(fd_, &open) == 0 && ::stat(file.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace parfocal::engine
