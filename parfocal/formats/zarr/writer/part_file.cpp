#include "parfocal/formats/zarr/writer/part_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace parfocal {
namespace {

// For smaller files that go through the page cache the call costs more than it saves.
constexpr int64_t kLeastAllocated = int64_t{1} << 20;
std::atomic<int> kept_open = 0;

// Past the page cache where that is wanted and the file system does it (tmpfs does not).
Fd open_direct(const std::filesystem::path& path, int& flags, int create) {
  Fd fd(::open(path.c_str(), flags | create, 0666));
  if (fd || errno != EINVAL || (flags & O_DIRECT) == 0) return fd;
  flags &= ~O_DIRECT;
  return Fd(::open(path.c_str(), flags | create, 0666));
}

// One call as a rule; what it leaves over is written piece by piece.
bool write_both(int fd, std::span<const std::byte> first, std::span<const std::byte> second) {
  const auto piece = [](std::span<const std::byte> bytes) {
    return iovec{const_cast<std::byte*>(bytes.data()), bytes.size()};
  };
  const iovec both[] = {piece(first), piece(second)};
  ssize_t n = 0;
  do n = ::pwritev(fd, both, second.empty() ? 1 : 2, 0);
  while (n < 0 && errno == EINTR);
  if (n < 0) return false;
  const size_t done = static_cast<size_t>(n), of_first = std::min(done, first.size());
  const auto rest = first.subspan(of_first), tail = second.subspan(done - of_first);
  const auto at = static_cast<int64_t>(done);
  return write_at(fd, rest.data(), static_cast<int64_t>(rest.size()), at) &&
         write_at(fd, tail.data(), static_cast<int64_t>(tail.size()),
                  at + static_cast<int64_t>(rest.size()));
}

}  // namespace

// The descriptor for one call: the kept one, or one that is closed afterwards.
class PartFile::Open {
 public:
  explicit Open(PartFile& part) : fd_(part.kept_.get()) {
    if (fd_ >= 0) return;
    own_ = Fd(::open(part.path_.c_str(), part.flags_));
    fd_ = own_.get();
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  Fd own_;
  int fd_;
};

PartFile::~PartFile() {
  if (kept_) --kept_open;
}

bool PartFile::is_direct() const { return (flags_ & O_DIRECT) != 0; }

Status PartFile::fail(const char* doing) const { return io_failure(doing, path_); }

Status PartFile::open(const char* doing, int flags, bool direct) {
  flags_ = O_RDWR | O_CLOEXEC | (direct ? O_DIRECT : 0);
  Fd fd = open_direct(path_, flags_, flags);
  if (!fd) return fail(doing);
  if (kept_open.fetch_add(1) < kMostOpen)
    kept_ = std::move(fd);
  else
    --kept_open;
  return {};
}

Status PartFile::create(std::filesystem::path path, int64_t expected_bytes, int64_t most_bytes,
                        bool direct) {
  path_ = std::move(path);
  most_ = most_bytes;
  if (Status s = open("create", O_CREAT | O_TRUNC, direct); !s.ok()) return s;
  step_ = std::clamp(aligned_up(expected_bytes), kWriteAlign, kMostStep);
  small_ = !direct && expected_bytes < kLeastAllocated;
  const std::lock_guard lock(mutex_);
  return allocate(expected_bytes);
}

Status PartFile::open_filled(std::filesystem::path path, int64_t bytes, bool direct) {
  path_ = std::move(path);
  if (Status s = open("open", 0, direct); !s.ok()) return s;
  step_ = kMostStep;
  end_ = allocated_ = aligned_up(bytes);
  dirty_ = true;
  return {};
}

Status PartFile::allocate(int64_t bytes) {
  if (bytes <= allocated_ || small_) return {};
  const int64_t to = room(bytes);
  const Open fd(*this);
  if (!fd) return fail("open");
  int result = 0;
  do result = ::fallocate(fd.get(), 0, allocated_, to - allocated_);
  while (result != 0 && errno == EINTR);
  // Where room cannot be reserved, writing finds out.
  if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS) return fail("reserve room for");
  sized_ = result == 0;
  allocated_ = to;
  return {};
}

Status PartFile::reserve(int64_t bytes, int64_t& offset) {
  const std::lock_guard lock(mutex_);
  offset = end_;
  const int64_t end = end_ + room(bytes);
  if (end > allocated_) {
    // Ever more at a time, as everybody waits for the file system meanwhile; what is there on a
    // disk that is nearly full.
    step_ = std::clamp(allocated_, step_, kMostStep);
    const int64_t ahead = std::max(end, std::min(allocated_ + step_, most_));
    if (!allocate(ahead).ok())
      if (Status s = allocate(end); !s.ok()) return s;
  }
  end_ = end;
  return {};
}

Status PartFile::write(int64_t offset, const std::byte* data, int64_t bytes) {
  const Open fd(*this);
  if (!fd) return fail("open");
  if (!write_at(fd.get(), data, room(bytes), offset)) return fail("write");
  dirty_ = true;  // after: a sync that comes in between does not cover it
  return {};
}

Status PartFile::read(int64_t offset, std::byte* to, int64_t bytes) {
  const Open fd(*this);
  if (!fd) return fail("open");
  return read_at(fd.get(), to, bytes, offset) == bytes ? Status() : fail("read back");
}

Status PartFile::sync() {
  // Who finds nothing to sync must not return before another's sync has ended.
  const std::lock_guard lock(syncing_);
  if (sync_failed_) return Status::fail(path_.string() + " could not be synced");
  if (!dirty_.exchange(false)) return {};
  const Open fd(*this);
  if (fd && ::fdatasync(fd.get()) == 0) return {};
  sync_failed_ = true;
  return fail(fd ? "sync" : "open");
}

Status PartFile::finish(int64_t bytes) {
  if (!is_direct() && allocated_ == 0) return {};  // ends where it was written last
  if (sized_ && allocated_ == bytes) return {};
  const Open fd(*this);
  if (!fd) return fail("open");
  if (::ftruncate(fd.get(), bytes) != 0) return fail("cut");
  dirty_ = true;
  return {};
}

Status PartFile::close() {
  const std::lock_guard lock(syncing_);
  dirty_ = false;  // its name may go now, and a sync by another thread would not find it
  if (!kept_) return {};
  --kept_open;
  return kept_.close_checked(path_);
}

Status write_new_file(const std::filesystem::path& path, std::span<const std::byte> payload,
                      std::span<const std::byte> tail, bool direct, bool durable) {
  int flags = O_WRONLY | O_CLOEXEC | (direct ? O_DIRECT : 0);
  Fd fd = open_direct(path, flags, O_CREAT | O_TRUNC);
  if (!fd) return io_failure("create", path);
  const auto bytes = static_cast<int64_t>(payload.size());
  const int64_t padded = direct ? aligned_up(bytes) : bytes;
  Status s;
  if (!write_both(fd.get(), {payload.data(), static_cast<size_t>(padded)}, tail))
    s = io_failure("write", path);
  if (s.ok() && padded != bytes && tail.empty() && ::ftruncate(fd.get(), bytes) != 0)
    s = io_failure("cut", path);
  if (s.ok() && durable && ::fdatasync(fd.get()) != 0) s = io_failure("sync", path);
  if (s.ok()) s = fd.close_checked(path);
  if (!s.ok()) ::unlink(path.c_str());
  return s;
}

}  // namespace parfocal
