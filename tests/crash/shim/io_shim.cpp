// LD_PRELOAD library: logs what a program does to the files below a folder, in the order in which
// it became known to the program, and lets some of it fail. Environment:
//   SHIM_ROOT         the folder; nothing else is touched
//   SHIM_LOG          where the log goes (io_log.h); unset: no log
//   SHIM_DROP_SYNCS   1: syncs do nothing and succeed
//   SHIM_ENOSPC       bytes after which the disk is full
//   SHIM_EIO_WRITE    this write (from 1) and no other fails
//   SHIM_EIO_SYNC     this sync (from 1) and no other fails, as Linux reports a lost page once
//   SHIM_KILL         the program is killed before this operation (from 1)
//   SHIM_SIGNALS      "20:2,31:19": signal 2 before operation 20, 19 before operation 31; "r3:9":
//                     before the third rename. After SIGSTOP it goes on when it gets SIGCONT
//   SHIM_COUNT        a file that holds, at any time, what was counted so far: operations, writes,
//                     syncs, bytes written, renames, as 64-bit numbers
//   SHIM_KEEP         a file below the folder whose writes never fail ("receipts")
#include "shim.h"

#include <sys/uio.h>

#include <climits>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

using namespace parfocal::crash;

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

/// The parts of a write in one piece, placed as direct input and output wants it.
class Joined {
 public:
  Joined(const iovec* parts, int count) {
    for (int i = 0; i < count; ++i) size_ += parts[i].iov_len;
    data_.reset(static_cast<char*>(std::aligned_alloc(kPlace, (size_ / kPlace + 1) * kPlace)));
    char* to = data_.get();
    for (int i = 0; i < count; to += parts[i++].iov_len)
      std::memcpy(to, parts[i].iov_base, parts[i].iov_len);
  }
  const char* data() const { return data_.get(); }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kPlace = 4096;
  struct Free {
    void operator()(char* data) const { std::free(data); }
  };
  std::unique_ptr<char, Free> data_;
  size_t size_ = 0;
};

/// Streams of the standard library: their file is opened within the C library, and written by
/// write() and writev().
FILE* open_stream(FILE* (*real)(const char*, const char*), const char* path, const char* mode) {
  const bool makes = *mode != 'r';
  shim().begin(makes && shim().is_below(path));
  FILE* file = real(path, mode);
  if (file) shim().opened(::fileno(file), path, makes ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY);
  return file;
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
  shim().begin_rename(shim().is_below(to));
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
FILE* fopen(const char* path, const char* mode) {
  NEXT(fopen);
  return open_stream(real, path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  NEXT(fopen64);
  return open_stream(real, path, mode);
}
int fclose(FILE* file) {
  NEXT(fclose);
  if (const int fd = ::fileno(file); shim().watch_of(fd)) {
    shim().watched[fd] = kNo;
    shim().put(LogOp::close, fd, 0);
  }
  return real(file);
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
  const uint8_t watch = shim().watch_of(fd);
  if (!watch) return real(fd, data, bytes);
  shim().begin(!(watch & kKeep));
  const ssize_t allowed = shim().allowed(fd, bytes);
  if (allowed < 0) return allowed;
  const ssize_t n = real(fd, data, static_cast<size_t>(allowed));
  return logged_write(fd, data, n, lseek(fd, 0, SEEK_CUR) - (n > 0 ? n : 0));
}
ssize_t writev(int fd, const iovec* parts, int count) {
  NEXT(writev);
  if (!shim().watch_of(fd)) return real(fd, parts, count);
  const Joined whole(parts, count);
  return write(fd, whole.data(), whole.size());
}
ssize_t pwritev(int fd, const iovec* parts, int count, off_t offset) {
  const Joined whole(parts, count);
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
  shim().begin_rename(shim().is_below(to));
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
/// As remove_all() calls it, with a name in a folder that it has open.
int unlinkat(int folder, const char* name, int flags) noexcept {
  NEXT(unlinkat);
  char path[PATH_MAX] = "";
  const std::string link = "/proc/self/fd/" + std::to_string(folder);
  const ssize_t n = ::readlink(link.c_str(), path, sizeof path - 1);
  shim().begin(shim().is_below(*name == '/' || n <= 0 ? name : path));
  return real(folder, name, flags);
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
