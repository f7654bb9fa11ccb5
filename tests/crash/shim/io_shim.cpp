// LD_PRELOAD library: logs what a program does to the files below a folder, in the order in which
// it became known to the program, and lets some of it fail. Environment:
//   SHIM_ROOT         the folder; nothing else is touched
//   SHIM_LOG          where the log goes (io_log.h); unset: no log
//   SHIM_DROP_SYNCS   1: syncs do nothing and succeed
//   SHIM_ENOSPC       bytes after which the disk is full
//   SHIM_EIO_WRITE    this write (from 1) and no other fails
//   SHIM_EIO_SYNC     this sync (from 1) and no other fails, as Linux reports a lost page once
//   SHIM_KILL         the program is killed before this operation (from 1)
//   SHIM_KEEP         a file below the folder whose writes never fail ("receipts")
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "io_log.h"

namespace {

using parfocal::crash::LogOp;
using parfocal::crash::LogRecord;

constexpr int kMostFds = 65536;
enum Watch : uint8_t { kNo = 0, kYes = 1, kDirect = 2, kKeep = 4 };

template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}
#define NEXT(name) static auto* const real = next<decltype(name)>(#name)

std::string text_of(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}
int64_t number_of(const char* name) {
  const std::string text = text_of(name);
  return text.empty() ? -1 : std::atoll(text.c_str());
}

struct Shim {
  std::string root = text_of("SHIM_ROOT"), keep = text_of("SHIM_KEEP");
  bool drop_syncs = number_of("SHIM_DROP_SYNCS") == 1;
  int64_t enospc = number_of("SHIM_ENOSPC"), eio_write = number_of("SHIM_EIO_WRITE"),
          eio_sync = number_of("SHIM_EIO_SYNC"), kill_at = number_of("SHIM_KILL");
  int log = -1;
  std::mutex mutex;
  std::atomic<uint8_t> watched[kMostFds]{};
  std::atomic<int64_t> written{0}, writes{0}, syncs{0}, operations{0};

  Shim() {
    const std::string path = text_of("SHIM_LOG");
    NEXT(open);
    if (!path.empty()) log = real(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  }
  uint8_t watch_of(int fd) const {
    return fd >= 0 && fd < kMostFds ? watched[fd].load() : static_cast<uint8_t>(kNo);
  }
  bool is_below(const char* path) const {
    return path && !root.empty() && std::strncmp(path, root.c_str(), root.size()) == 0;
  }
  void put(LogOp op, int fd, uint64_t number, const char* path = "", const char* second = "",
           const void* data = nullptr, size_t bytes = 0) {
    if (log < 0) return;
    NEXT(writev);
    LogRecord record{op, fd, number, 0, 0, bytes};
    record.path_bytes = static_cast<uint32_t>(std::strlen(path));
    record.second_bytes = static_cast<uint32_t>(std::strlen(second));
    const iovec parts[] = {{&record, sizeof record},
                           {const_cast<char*>(path), record.path_bytes},
                           {const_cast<char*>(second), record.second_bytes},
                           {const_cast<void*>(data), bytes}};
    const std::lock_guard lock(mutex);
    if (real(log, parts, 4) < 0) std::perror("io_shim: log");
  }
  /// To be called before each operation that changes something.
  void begin(bool watched_one) {
    if (watched_one && ++operations == kill_at) ::kill(::getpid(), SIGKILL);
  }
  int opened(int fd, const char* path, int flags) {
    if (fd < 0 || fd >= kMostFds) return fd;
    uint8_t watch = kNo;
    if (is_below(path)) {
      watch = kYes;
      if (flags & O_DIRECT) watch |= kDirect;
      if (!keep.empty() && keep == path) watch |= kKeep;
      put(LogOp::open, fd, static_cast<uint64_t>(flags), path);
    }
    watched[fd] = watch;
    return fd;
  }
  /// Bytes of a write that the disk takes; -1 with errno: none.
  ssize_t allowed(int fd, size_t bytes) {
    const uint8_t watch = watch_of(fd);
    if (!watch || (watch & kKeep)) return static_cast<ssize_t>(bytes);
    if (++writes == eio_write) {
      errno = EIO;
      return -1;
    }
    if (enospc < 0) return static_cast<ssize_t>(bytes);
    const int64_t before = written.fetch_add(static_cast<int64_t>(bytes));
    int64_t room = enospc - before;
    if (watch & kDirect) room = room / 4096 * 4096;
    if (room >= static_cast<int64_t>(bytes)) return static_cast<ssize_t>(bytes);
    if (room > 0) return room;
    errno = ENOSPC;
    return -1;
  }
  template <class F>
  int sync(int fd, LogOp begin, F&& real) {
    if (!watch_of(fd)) return real(fd);
    this->begin(true);
    const int64_t number = ++syncs;
    if (number == eio_sync) {
      put(LogOp::sync_failed, fd, static_cast<uint64_t>(number));
      errno = EIO;
      return -1;
    }
    if (drop_syncs) return 0;
    put(begin, fd, static_cast<uint64_t>(number));
    const int result = real(fd);
    if (result == 0) put(LogOp::sync_end, fd, static_cast<uint64_t>(number));
    return result;
  }
};

Shim& shim() {
  static Shim* const instance = new Shim;  // never destroyed: the program writes until its end
  return *instance;
}

ssize_t logged_write(int fd, const void* data, ssize_t n, int64_t offset) {
  if (n > 0 && shim().watch_of(fd))
    shim().put(LogOp::write, fd, static_cast<uint64_t>(offset), "", "", data,
               static_cast<size_t>(n));
  return n;
}

int open_file(const char* path, int flags, mode_t mode) {
  NEXT(open);
  shim().begin((flags & O_CREAT) != 0 && shim().is_below(path));
  return shim().opened(real(path, flags, mode), path, flags);
}
int truncate_fd(int fd, off_t size) {
  NEXT(ftruncate);
  shim().begin(shim().watch_of(fd));
  const int result = real(fd, size);
  if (result == 0 && shim().watch_of(fd))
    shim().put(LogOp::truncate, fd, static_cast<uint64_t>(size));
  return result;
}
ssize_t pwrite_fd(int fd, const void* data, size_t bytes, off_t offset) {
  NEXT(pwrite);
  shim().begin(shim().watch_of(fd));
  const ssize_t n = shim().allowed(fd, bytes);
  return n < 0 ? n : logged_write(fd, data, real(fd, data, static_cast<size_t>(n), offset), offset);
}
int allocate(int fd, int mode, off_t offset, off_t bytes) {
  NEXT(fallocate);
  Shim& s = shim();
  if (s.watch_of(fd) && s.enospc >= 0 && s.written + bytes > s.enospc) {
    errno = ENOSPC;
    return -1;
  }
  const int result = real(fd, mode, offset, bytes);
  // Room at the end of a file makes it longer, as truncate() does.
  if (result == 0 && mode == 0 && s.watch_of(fd))
    s.put(LogOp::truncate, fd, static_cast<uint64_t>(offset + bytes));
  return result;
}
int rename_file(const char* from, const char* to) {
  NEXT(rename);
  shim().begin(shim().is_below(to));
  const int result = real(from, to);
  if (result == 0 && shim().is_below(to)) shim().put(LogOp::rename, -1, 0, from, to);
  return result;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  return open_file(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  return open_file(path, flags, mode);
}
int creat(const char* path, mode_t mode) {
  return open_file(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  NEXT(openat);
  va_list args;
  va_start(args, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  return shim().opened(real(folder, path, flags, mode), path, flags);
}
int close(int fd) {
  NEXT(close);
  // Before the number can be used again.
  if (shim().watch_of(fd)) {
    shim().watched[fd] = kNo;
    shim().put(LogOp::close, fd, 0);
  }
  return real(fd);
}
ssize_t pwrite(int fd, const void* data, size_t bytes, off_t offset) {
  return pwrite_fd(fd, data, bytes, offset);
}
ssize_t pwrite64(int fd, const void* data, size_t bytes, off64_t offset) {
  return pwrite_fd(fd, data, bytes, offset);
}
ssize_t write(int fd, const void* data, size_t bytes) {
  NEXT(write);
  if (!shim().watch_of(fd)) return real(fd, data, bytes);
  const ssize_t allowed = shim().allowed(fd, bytes);
  if (allowed < 0) return allowed;
  const ssize_t n = real(fd, data, static_cast<size_t>(allowed));
  return logged_write(fd, data, n, lseek(fd, 0, SEEK_CUR) - (n > 0 ? n : 0));
}
ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {
  std::vector<char> whole;
  for (int i = 0; i < count; ++i) {
    const char* data = static_cast<const char*>(parts[i].iov_base);
    whole.insert(whole.end(), data, data + parts[i].iov_len);
  }
  return pwrite_fd(fd, whole.data(), whole.size(), offset);
}
int ftruncate(int fd, off_t size) noexcept { return truncate_fd(fd, size); }
int ftruncate64(int fd, off64_t size) noexcept { return truncate_fd(fd, size); }
int fallocate(int fd, int mode, off_t offset, off_t bytes) {
  return allocate(fd, mode, offset, bytes);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t bytes) {
  return allocate(fd, mode, offset, bytes);
}
int fsync(int fd) {
  NEXT(fsync);
  return shim().sync(fd, LogOp::sync_begin, real);
}
int fdatasync(int fd) {
  NEXT(fdatasync);
  return shim().sync(fd, LogOp::sync_begin, real);
}
int syncfs(int fd) noexcept {
  NEXT(syncfs);
  return shim().sync(fd, LogOp::sync_all_begin, real);
}
int rename(const char* from, const char* to) noexcept { return rename_file(from, to); }
int renameat(int, const char* from, int, const char* to) noexcept { return rename_file(from, to); }
int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
  NEXT(renameat2);
  shim().begin(shim().is_below(to));
  const int result = real(from_folder, from, to_folder, to, flags);
  if (result == 0 && shim().is_below(to)) shim().put(LogOp::rename, -1, 0, from, to);
  return result;
}
int unlink(const char* path) noexcept {
  NEXT(unlink);
  shim().begin(shim().is_below(path));
  const int result = real(path);
  if (result == 0 && shim().is_below(path)) shim().put(LogOp::unlink, -1, 0, path);
  return result;
}
int remove(const char* path) noexcept {
  NEXT(remove);
  shim().begin(shim().is_below(path));
  struct stat info {};
  const bool folder = lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
  const int result = real(path);
  if (result == 0 && shim().is_below(path))
    shim().put(folder ? LogOp::rmdir : LogOp::unlink, -1, 0, path);
  return result;
}
int rmdir(const char* path) noexcept {
  NEXT(rmdir);
  shim().begin(shim().is_below(path));
  const int result = real(path);
  if (result == 0 && shim().is_below(path)) shim().put(LogOp::rmdir, -1, 0, path);
  return result;
}
int mkdir(const char* path, mode_t mode) noexcept {
  NEXT(mkdir);
  shim().begin(shim().is_below(path));
  const int result = real(path, mode);
  if (result == 0 && shim().is_below(path)) shim().put(LogOp::mkdir, -1, 0, path);
  return result;
}
int link(const char* from, const char* to) noexcept {
  NEXT(link);
  const int result = real(from, to);
  if (result == 0 && shim().is_below(to)) shim().put(LogOp::link, -1, 0, from, to);
  return result;
}

}  // extern "C"
