#include "parfocal/formats/table/csv_recover.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "parfocal/formats/common/files.h"

namespace parfocal {

// A line feed within quotes belongs to a field; a quote within quotes is doubled.
Status recover_csv(const std::filesystem::path& path, CsvRecovery& recovery) {
  Fd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) return io_failure("open", path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return Status::fail(
        Issue{"the file is being written by a running process", path.string(), "", "", "stop it"});
  std::vector<std::byte> block(1 << 16);
  int64_t at = 0, whole = 0, lines = 0;
  bool quoted = false;
  for (;;) {
    const int64_t got = read_at(fd.get(), block.data(), static_cast<int64_t>(block.size()), at);
    if (got < 0) return io_failure("read", path);
    if (got == 0) break;
    for (int64_t k = 0; k < got; ++k) {
      const char c = static_cast<char>(block[static_cast<size_t>(k)]);
      if (c == '"') quoted = !quoted;
      if (c != '\n' || quoted) continue;
      whole = at + k + 1;
      ++lines;
    }
    at += got;
  }
  recovery = {std::max<int64_t>(0, lines - 1), at - whole};
  if (recovery.dropped_bytes > 0 && ::ftruncate(fd.get(), whole) != 0)
    return io_failure("shorten", path);
  return fd.close_checked(path);
}

bool ends_torn(const std::filesystem::path& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int64_t end = fd ? ::lseek(fd.get(), 0, SEEK_END) : 0;
  char last = '\n';
  return end > 0 && read_at(fd.get(), &last, 1, end - 1) == 1 && last != '\n';
}

}  // namespace parfocal
