#pragma once
/// CRC-32C (Castagnoli), the checksum of Zarr's codec crc32c and of shard indexes: polynomial
/// 0x1EDC6F41, reflected, start and final value inverted (RFC 3720, 12.1 and B.4).

#include <cstddef>
#include <cstdint>
#include <span>

namespace parfocal {

/// The checksum of `bytes`. With `before`, the checksum of some bytes: that of those bytes followed
/// by `bytes`. Uses the CPU's crc32 instruction in three interleaved streams where it has one.
/// Thread-safe.
uint32_t crc32c(std::span<const std::byte> bytes, uint32_t before = 0);
/// As crc32c() with tables only, for CPUs without the instruction.
uint32_t crc32c_by_tables(std::span<const std::byte> bytes, uint32_t before = 0);
/// The checksum of A followed by B, from the checksums of A and of B and the bytes of B; O(log).
uint32_t crc32c_combined(uint32_t of_a, uint32_t of_b, uint64_t bytes_of_b);

}  // namespace parfocal
