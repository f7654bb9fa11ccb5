#pragma once
/// The checksum of HDF5's filter 3, at the speed of memory.

#include <cstddef>
#include <cstdint>
#include <span>

namespace parfocal {

inline constexpr int64_t kFletcherBytes = 4;  ///< little-endian, after the data

/// Fletcher-32 over 16-bit big-endian words; an odd last byte counts as a high byte.
/// \source H5checksum.c: H5_checksum_fletcher32; the fold leaves 65535 where the residue is 0
uint32_t fletcher32(std::span<const std::byte> bytes);
/// Makes the last four bytes the checksum of those before.
void write_fletcher32(std::span<std::byte> with_checksum);
/// Whether the last four bytes are the checksum of those before. Also accepts the swapped halves
/// that HDF5 before 1.6.3 wrote on big-endian machines, as the library does.
bool fletcher32_matches(std::span<const std::byte> with_checksum);

}  // namespace parfocal
