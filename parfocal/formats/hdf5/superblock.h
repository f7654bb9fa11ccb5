#pragma once
/// The first bytes of an HDF5 file of the latest format (HDF5 File Format Specification 3.0,
/// II.A.: superblock of version 2 and 3), as far as a file that nobody closed needs it.

#include <cstddef>
#include <cstdint>
#include <span>

namespace parfocal {

inline constexpr int64_t kSuperblockBytes = 48;

/// Clears the marks "is being written" of version 3 and renews the checksum. \return false if there
/// is nothing to change
bool close_superblock(std::span<std::byte, kSuperblockBytes> head);
/// Bob Jenkins' lookup3 (hashlittle, public domain), HDF5's checksum of metadata.
uint32_t lookup3(std::span<const std::byte> bytes);

}  // namespace parfocal
