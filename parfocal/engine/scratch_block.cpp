#include "parfocal/engine/scratch_block.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "parfocal/core/error.h"
#include "parfocal/core/units.h"

namespace parfocal::engine {
namespace {

const int64_t kPage = sysconf(_SC_PAGESIZE);
constexpr int64_t kAround = int64_t{2} << 20;  // the largest folio of the page cache

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& folder, size_t bytes,
                       int error) {
  throw Error(ErrorCode::run_failed,
              Issue{what, folder.string(), std::strerror(error),
                    format_bytes(static_cast<int64_t>(bytes)) + " of scratch",
                    "make room, write to another disk (`run` by --out DIR, `background` by another "
                    "OUT), or give more --memory"});
}

// A file that no name leads to: nothing stays behind a killed run.
int open_nameless(const std::filesystem::path& folder) {
  const int fd = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return fd;
  std::string name = (folder / ".parfocal-scratch-XXXXXX").string();
  const int named = mkostemp(name.data(), O_CLOEXEC);
  if (named >= 0) unlink(name.c_str());
  return named;
}

}  // namespace

ScratchBlock::ScratchBlock(size_t bytes, const std::filesystem::path& folder) : bytes_(bytes) {
  const int fd = open_nameless(folder);
  if (fd < 0) fail("the scratch file of a large Value cannot be made", folder, bytes, errno);
  const int error = posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  void* p = MAP_FAILED;
  if (error == 0) p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  const int map_error = errno;
  close(fd);
  if (error != 0) fail("the disk has no room for a large Value", folder, bytes, error);
  if (p == MAP_FAILED) fail("the scratch file cannot be mapped", folder, bytes, map_error);
  // No reading ahead: it would bring pages into memory that nobody counts.
  (void)madvise(p, bytes, MADV_RANDOM);
  data_ = static_cast<std::byte*>(p);
}

ScratchBlock::~ScratchBlock() { munmap(data_, bytes_); }

// Takes the pages out of this process, and their neighbours, since the system maps some around
// those that are touched; the file keeps what was written.
void ScratchBlock::release(const void* first, int64_t bytes) const {
  const int64_t offset = static_cast<const std::byte*>(first) - data_;
  const int64_t begin = std::max<int64_t>(0, offset - kAround) / kPage * kPage;
  const int64_t end = std::min(static_cast<int64_t>(bytes_), offset + bytes + kAround);
  (void)madvise(data_ + begin, static_cast<size_t>(end - begin), MADV_DONTNEED);
}

}  // namespace parfocal::engine
