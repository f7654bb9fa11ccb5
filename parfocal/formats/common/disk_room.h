#pragma once
/// What files and folders take on the disk, at most: whole blocks of the file system.

#include <cstdint>
#include <limits>
#include <span>

namespace parfocal {

inline constexpr int64_t kDiskBlockBytes = 4096;  ///< of ext4, XFS, btrfs as they are made

inline int64_t file_room_bytes(int64_t bytes) {
  return (bytes + kDiskBlockBytes - 1) / kDiskBlockBytes * kDiskBlockBytes;
}

/// A folder of so many entries with short names: ext4 fills its blocks half at worst.
inline int64_t folder_room_bytes(int64_t entries) {
  constexpr int64_t kEntryBytes = 64;
  return file_room_bytes(kDiskBlockBytes + entries * kEntryBytes);
}

/// Sums and products of what nobody has anyway stay below this.
inline constexpr int64_t kMostRoomBytes = std::numeric_limits<int64_t>::max() / 1024;
inline int64_t room_product(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) || product > kMostRoomBytes ? kMostRoomBytes
                                                                            : product;
}

/// The folders of files named by places in a grid, as 0/3/1: one for each beginning of a name.
inline int64_t grid_folders_room_bytes(std::span<const int64_t> cells) {
  int64_t room = 0, folders = 1;
  for (const int64_t entries : cells) {
    room += room_product(folders, folder_room_bytes(entries));
    folders = room_product(folders, entries);
    if (room > kMostRoomBytes) return kMostRoomBytes;
  }
  return room;
}

}  // namespace parfocal
