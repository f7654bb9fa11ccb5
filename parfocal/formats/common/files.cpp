#include "parfocal/formats/common/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "parfocal/core/file_owner.h"

namespace parfocal {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Status Fd::close_checked(const std::filesystem::path& name) {
  const int fd = std::exchange(fd_, -1);
  return fd < 0 || ::close(fd) == 0 ? Status() : io_failure("close", name);
}

Status io_failure(std::string_view doing, const std::filesystem::path& path) {
  const int code = errno;
  const char* cure =
      code == ENOSPC || code == EDQUOT
          ? "free disk space, or write to another disk: `run` by --out DIR, `convert` and "
            "`background` by another OUT"
      : code == EFBIG ? "raise the limit on the size of files (ulimit -f), or choose a file system "
                        "that takes larger ones"
      : code == EACCES || code == EPERM ? "check the permissions of the file and its folder"
      : code == EMFILE                  ? "let the shell open more files: ulimit -n 4096"
      : code == ENFILE                  ? "close other programs: the system has too many open files"
                                        : "";
  Status status = Status::fail("cannot " + std::string(doing) + " " + path.string() + ": " +
                                   std::generic_category().message(code),
                               cure);
  errno = code;  // a heap that cannot grow where it wanted to sets another one, and goes on
  return status;
}

Status open_for_reading(const std::filesystem::path& path, Fd& fd, int64_t& size) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return io_failure("open", path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return io_failure("stat", path);
  if (!S_ISREG(info.st_mode)) return Status::fail(path.string() + " is not a regular file");
  size = info.st_size;
  return {};
}

int64_t read_at(int fd, void* to, int64_t bytes, int64_t position) {
  int64_t done = 0;
  while (done < bytes) {
    const ssize_t n = ::pread(fd, static_cast<char*>(to) + done, static_cast<size_t>(bytes - done),
                              position + done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    if (n == 0) break;
    done += n;
  }
  return done;
}

bool write_at(int fd, const void* from, int64_t bytes, int64_t position) {
  int64_t done = 0;
  while (done < bytes) {
    const ssize_t n = ::pwrite(fd, static_cast<const char*>(from) + done,
                               static_cast<size_t>(bytes - done), position + done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    done += n;
  }
  return true;
}

Status copy_start(const std::filesystem::path& from, const Fd& to,
                  const std::filesystem::path& name, int64_t bytes) {
  constexpr int64_t kCopyBytes = int64_t{1} << 20;
  Fd fd;
  int64_t size = 0;
  if (Status s = open_for_reading(from, fd, size); !s.ok()) return s;
  std::vector<std::byte> buffer(static_cast<size_t>(std::min(kCopyBytes, bytes)));
  for (int64_t done = 0; done < bytes;) {
    const int64_t n = std::min(kCopyBytes, bytes - done);
    if (read_at(fd.get(), buffer.data(), n, done) != n) return io_failure("read", from);
    if (!write_at(to.get(), buffer.data(), n, done)) return io_failure("write", name);
    done += n;
  }
  return {};
}

Status sync_directory(const std::filesystem::path& folder) {
  // The parent of a relative path of one name is the working folder, and has no name.
  const Fd fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return io_failure("open", folder);
  return ::fsync(fd.get()) == 0 ? Status() : io_failure("sync", folder);
}

Status make_folders(const std::filesystem::path& folder, bool durable) {
  if (folder.empty()) return {};
  if (::mkdir(folder.c_str(), 0777) == 0)
    return durable ? sync_directory(folder.parent_path()) : Status();
  if (errno == EEXIST) return {};
  if (errno != ENOENT || !folder.has_parent_path()) return io_failure("create folder", folder);
  if (Status s = make_folders(folder.parent_path(), durable); !s.ok()) return s;
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
    return io_failure("create folder", folder);
  return durable ? sync_directory(folder.parent_path()) : Status();
}

// The second attempt tells the reason, also why a folder could not be made.
static Fd create_with_parents(const std::filesystem::path& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
  if (fd || errno != ENOENT) return fd;
  std::error_code ignored;
  std::filesystem::create_directories(path.parent_path(), ignored);
  return Fd(::open(path.c_str(), flags | O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
}

Status open_sized(const std::filesystem::path& path, int64_t bytes, Fd& fd, bool& resized) {
  fd = create_with_parents(path, 0);
  if (!fd) return io_failure("create", path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return io_failure("stat", path);
  resized = info.st_size != bytes;
  return !resized || ::ftruncate(fd.get(), bytes) == 0 ? Status() : io_failure("resize", path);
}

Status write_file_atomically(const std::filesystem::path& path, std::span<const std::byte> bytes,
                             bool durable) {
  if (durable)
    if (Status s = make_folders(path.parent_path(), true); !s.ok()) return s;
  const std::filesystem::path part = path.string() + ".part";
  Fd fd = create_with_parents(part, O_TRUNC);
  if (!fd) return io_failure("create", part);
  const bool written = write_at(fd.get(), bytes.data(), static_cast<int64_t>(bytes.size()), 0) &&
                       (!durable || ::fdatasync(fd.get()) == 0);
  if (!written) {
    Status failure = io_failure("write", part);
    ::unlink(part.c_str());
    return failure;
  }
  if (Status closed = fd.close_checked(part); !closed.ok()) return closed;
  keep_owner(path, part);
  if (::rename(part.c_str(), path.c_str()) != 0) return io_failure("rename to", path);
  return durable ? sync_directory(path.parent_path()) : Status();
}

Status write_file_atomically(const std::filesystem::path& path, std::string_view text,
                             bool durable) {
  return write_file_atomically(path, std::as_bytes(std::span(text.data(), text.size())), durable);
}

std::filesystem::path output_path(const std::filesystem::path& out_dir, const std::string& path,
                                  const std::string& owner) {
  const std::filesystem::path relative = std::filesystem::path(path).lexically_normal();
  bool inside = !path.empty() && relative.is_relative() && relative != ".";
  for (const auto& part : std::filesystem::path(path)) inside = inside && part != "..";
  if (path.find('\0') != std::string::npos) inside = false;
  if (inside) return out_dir / (relative.has_filename() ? relative : relative.parent_path());
  throw Error(ErrorCode::invalid_pipeline,
              Issue{"the path of sink " + owner + " leaves the output folder", "", "'" + path + "'",
                    "a relative path without '..'",
                    "write a plain name; choose the folder with --out DIR"});
}

}  // namespace parfocal
