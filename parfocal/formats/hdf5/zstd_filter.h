#pragma once
/// The HDF5 filter 32015 (Zstandard): Debian ships none, so Parfocal registers its own. One whole
/// frame per chunk, level = first client value, the size is taken from the frame's header.
/// \source https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md
/// and RFC 8878 (the frame)

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace parfocal {

inline constexpr int kZstdFilter = 32015;
inline constexpr int kZstdDefaultLevel = 3;

/// Registers the filter with the library. Called by the first Hdf5Lock.
bool register_zstd_filter();

/// Decodes `src` into exactly `dst`: false if the bytes are no such frame or give another size.
/// Thread-safe; each thread keeps one decoder (about 160 KiB).
bool zstd_decode(std::span<const std::byte> src, std::span<std::byte> dst);
/// The size that a frame's header states, or -1 when it states none or is no frame.
int64_t zstd_frame_size(std::span<const std::byte> src);
/// Encodes `src` at `level` into `dst`, which is resized to the result. Thread-safe; each thread
/// keeps one encoder (a few MiB, by level). False if the encoder has no memory.
bool zstd_encode(std::span<const std::byte> src, int level, std::vector<std::byte>& dst);

}  // namespace parfocal
