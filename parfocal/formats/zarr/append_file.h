#pragma once
/// An AppendObject that is a file.

#include <filesystem>
#include <memory>

#include "parfocal/formats/zarr/store.h"

namespace parfocal {

/// Creates the file, which must not exist, and its directory entry durably. Holds a lock (flock) on
/// it until it is closed, so that others can tell a file that is being written from a torn one.
/// After the first failure every call fails with it.
Status create_append_file(const std::filesystem::path& path, std::unique_ptr<AppendObject>& object);

/// Bytes that such a file takes on the disk at most while it is open, with `bytes` in it.
int64_t append_file_room_bytes(int64_t bytes);

}  // namespace parfocal
