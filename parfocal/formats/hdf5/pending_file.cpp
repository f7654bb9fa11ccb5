#include "parfocal/formats/hdf5/pending_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "parfocal/core/file_owner.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/hdf5/journaled_file.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

fs::path followed(const fs::path& name) {
  std::error_code ignored;
  const fs::path target = fs::canonical(name, ignored);
  return ignored ? fs::absolute(name) : target;
}

[[noreturn]] void fail(std::string_view doing, const fs::path& path) {
  throw Error(ErrorCode::run_failed, io_failure(doing, path).issue());
}

void copy_bytes(int from, int to, const fs::path& name, int64_t size) {
  std::array<std::byte, 1 << 16> block;
  for (int64_t done = 0; done < size;) {
    const ssize_t copied =
        ::copy_file_range(from, nullptr, to, nullptr, static_cast<size_t>(size - done), 0);
    if (copied > 0) {
      done += copied;
      continue;
    }
    if (copied < 0 && errno == ENOSPC) fail("write", name);
    const int64_t got = read_at(from, block.data(), block.size(), done);
    if (got <= 0) fail("read", name);
    if (!write_at(to, block.data(), got, done)) fail("write", name);
    done += got;
    ::lseek(from, done, SEEK_SET);
    ::lseek(to, done, SEEK_SET);
  }
}

void remove_journal(const fs::path& part) { ::unlink(JournaledFile::journal_of(part).c_str()); }

Status flush_to_disk(const fs::path& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return io_failure("flush", path);
  return fd.close_checked(path);
}

}  // namespace

// A rename would replace a file that nobody may write to, and root may write to all.
void require_replaceable(const fs::path& path) {
  struct stat state {};
  if (::stat(path.c_str(), &state) != 0) return;
  const bool marked = (state.st_mode & 0222) == 0;
  if (!marked && ::access(path.c_str(), W_OK) == 0) return;
  errno = marked ? EACCES : errno;
  fail("replace", path);
}

PendingFile::PendingFile(const fs::path& name)
    : final_(followed(name)), part_(final_.string() + ".part") {}

PendingFile::~PendingFile() { discard(); }

void PendingFile::prepare() {
  std::error_code error;
  fs::create_directories(final_.parent_path(), error);
  require_replaceable(final_);
  if (::unlink(part_.c_str()) != 0 && errno != ENOENT) fail("replace", part_);
  remove_journal(part_);
  Fd probe(::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!probe) fail("create", part_);
  ::unlink(part_.c_str());
  pending_ = true;
}

void PendingFile::prepare_copy_of(const fs::path& from) {
  Fd source;
  int64_t size = 0;
  if (Status opened = open_for_reading(from, source, size); !opened.ok())
    throw Error(ErrorCode::input_missing, opened.issue());
  prepare();
  struct stat state {};
  ::fstat(source.get(), &state);
  Fd target(::open(part_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, state.st_mode & 0777));
  if (!target) fail("create", part_);
  if (::ioctl(target.get(), FICLONE, source.get()) != 0)
    copy_bytes(source.get(), target.get(), part_, size);
  if (Status closed = target.close_checked(part_); !closed.ok())
    throw Error(ErrorCode::run_failed, closed.issue());
}

Status PendingFile::publish() {
  if (Status s = flush_to_disk(part_, O_RDWR); !s.ok()) return s;
  keep_owner(final_, part_);
  if (::rename(part_.c_str(), final_.c_str()) != 0) return io_failure("rename to", final_);
  pending_ = false;
  remove_journal(part_);
  return flush_to_disk(final_.parent_path(), O_RDONLY | O_DIRECTORY);
}

void PendingFile::discard() {
  if (pending_) ::unlink(part_.c_str());
  if (pending_) remove_journal(part_);
  pending_ = false;
}

}  // namespace parfocal
