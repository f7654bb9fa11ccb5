#pragma once
/// What io_shim logs of a program's file operations: records one after the other, each a LogRecord
/// followed by its path, its second path and its data. Used by the shim and by what replays it.

#include <cstdint>

namespace parfocal::crash {

enum class LogOp : uint32_t {
  open = 1,        ///< fd, number = flags; path
  write = 2,       ///< fd, number = offset; data. Logged when it has returned
  truncate = 3,    ///< fd, number = size
  sync_begin = 4,  ///< fd (a file's or a folder's), number = which sync
  sync_end = 5,    ///< number = which sync; logged only if it succeeded
  rename = 6,      ///< path to second path
  unlink = 7,
  mkdir = 8,
  rmdir = 9,
  link = 10,
  close = 11,
  sync_all_begin = 12,  ///< syncfs; ends with sync_end
  sync_failed = 13,     ///< fd: what was not yet on the disk will never be
};

struct LogRecord {
  LogOp op{};
  int32_t fd = -1;
  uint64_t number = 0;
  uint32_t path_bytes = 0, second_bytes = 0;
  uint64_t data_bytes = 0;
};

}  // namespace parfocal::crash
