#pragma once
/// The bytes of a file one after the other, for decoders that ask for few at a time.

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "parfocal/formats/common/files.h"

namespace parfocal {

/// Has no destructor: the decoders' errors jump over the frames that use it.
struct FileBytes {
  static constexpr int64_t kBufferBytes = 64 << 10;

  int fd = -1;
  int64_t position = 0;        ///< in the file, of what is read next
  int64_t begin = 0, end = 0;  ///< what is left in the buffer
  unsigned char buffer[kBufferBytes];

  /// False at the end of the file, or where it cannot be read.
  bool fill() noexcept {
    begin = 0;
    end = std::max<int64_t>(0, read_at(fd, buffer, kBufferBytes, position));
    position += end;
    return end > 0;
  }
  /// Copies up to `bytes`; fewer only at the end of the file.
  int64_t take(unsigned char* to, int64_t bytes) noexcept {
    int64_t taken = 0;
    while (taken < bytes && (begin < end || fill())) {
      const int64_t n = std::min(bytes - taken, end - begin);
      std::memcpy(to + taken, buffer + begin, static_cast<size_t>(n));
      begin += n;
      taken += n;
    }
    return taken;
  }
};

}  // namespace parfocal
