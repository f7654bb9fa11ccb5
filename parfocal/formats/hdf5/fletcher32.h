#pragma once
/// The checksum that HDF5's filter "fletcher32" (id 3) puts behind the bytes of a chunk.
/// \source https://docs.hdfgroup.org/archive/support/HDF5/doc/H5.format.html (checksum of a chunk)

#include <cstdint>
#include <span>
#include <vector>

namespace parfocal {

/// Fletcher's sums over big-endian 16-bit words, an odd last byte as the high half of a word; the
/// second sum in the high half of the result.
uint32_t fletcher32(std::span<const std::byte> bytes);
/// Puts the checksum behind `bytes`, little-endian.
void append_fletcher32(std::vector<std::byte>& bytes);

}  // namespace parfocal
