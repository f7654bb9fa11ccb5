#pragma once
/// Disk space before it is needed: a full disk is met before anything is written.

#include <cstdint>

namespace parfocal {

/// Takes the disk space of the bytes [from, to) of a file, whose size stays. False where there is
/// none, or the process may not make files so long (errno tells). True also where the file system
/// cannot reserve: then writing tells.
bool reserve_space(int fd, int64_t from, int64_t to);

}  // namespace parfocal
