#include "parfocal/formats/zarr/append_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "parfocal/formats/common/files.h"

namespace parfocal {
namespace {

// Space is asked for in steps, so that a write seldom waits for the file system's own log; in
// smaller ones while there is little, since what is taken ahead is on the disk until the end.
constexpr int64_t kLeastStep = int64_t{64} << 10, kMostStep = int64_t{4} << 20;

int64_t space_step(int64_t size) { return std::clamp(size / 8, kLeastStep, kMostStep); }

class AppendFile final : public AppendObject {
 public:
  Status create(const std::filesystem::path& path);
  Status append(std::span<const std::byte> bytes) override;
  Status sync() override;
  Status close() override;

 private:
  void reserve_space(int64_t end);
  Status fail(Status status);
  Status failed() const { return failure_.ok() ? Status() : Status::fail(failure_.issue()); }
  std::filesystem::path path_;
  Fd fd_;
  std::mutex mutex_;  // of all below
  int64_t size_ = 0, allocated_ = 0;
  Status failure_;  // the first
};

Status AppendFile::fail(Status status) {
  if (failure_.ok()) failure_ = std::move(status);
  return failed();
}

Status AppendFile::create(const std::filesystem::path& path) {
  const std::lock_guard lock(mutex_);
  path_ = path;
  fd_ = Fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd_) return fail(io_failure("create", path));
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) return fail(io_failure("lock", path));
  reserve_space(0);
  if (Status s = sync_directory(path.parent_path()); !s.ok()) return fail(std::move(s));
  return {};
}

// Only a help: a file system that cannot, or is full, lets the write itself tell.
void AppendFile::reserve_space(int64_t end) {
  if (end < allocated_) return;
  const int64_t to = end + space_step(end);
  (void)::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, allocated_, to - allocated_);
  allocated_ = to;
}

// By one write, so that a record is torn by a power cut at most, not by the end of the process.
Status AppendFile::append(std::span<const std::byte> bytes) {
  const std::lock_guard lock(mutex_);
  if (!failure_.ok()) return failed();
  const auto count = static_cast<int64_t>(bytes.size());
  reserve_space(size_ + count);
  if (!write_at(fd_.get(), bytes.data(), count, size_)) return fail(io_failure("write", path_));
  size_ += count;
  return {};
}

Status AppendFile::sync() {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.ok()) return failed();
  }
  // Outside the lock, so that appending goes on while the disk works. Linux forgets the pages of a
  // failed sync: trying again would report them safe.
  if (::fdatasync(fd_.get()) == 0) return {};
  Status failure = io_failure("sync", path_);
  const std::lock_guard lock(mutex_);
  return fail(std::move(failure));
}

Status AppendFile::close() {
  const std::lock_guard lock(mutex_);
  Status closed = fd_.close_checked(path_);
  if (!failure_.ok()) return failed();
  return closed.ok() ? Status() : fail(std::move(closed));
}

}  // namespace

int64_t append_file_room_bytes(int64_t bytes) { return bytes + space_step(bytes); }

Status create_append_file(const std::filesystem::path& path,
                          std::unique_ptr<AppendObject>& object) {
  auto file = std::make_unique<AppendFile>();
  if (Status s = file->create(path); !s.ok()) return s;
  object = std::move(file);
  return {};
}

}  // namespace parfocal
