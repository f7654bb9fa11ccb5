#include "parfocal/formats/common/reserve.h"

#include <fcntl.h>
#include <sys/resource.h>

#include <cerrno>

namespace parfocal {

// Space behind the end of a file is not held against the limit until it is written.
bool reserve_space(int fd, int64_t from, int64_t to) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      static_cast<uint64_t>(to) > limit.rlim_cur) {
    errno = EFBIG;
    return false;
  }
  return ::fallocate(fd, FALLOC_FL_KEEP_SIZE, from, to - from) == 0 || errno == EOPNOTSUPP ||
         errno == ENOSYS;
}

}  // namespace parfocal
