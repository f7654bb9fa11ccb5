#pragma once
/// The HDF5 filter 32015 (Zstandard): Debian ships none, so Parfocal registers its own. One whole
/// frame per chunk, level = first client value, the size is taken from the frame's header.
/// \source https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md
/// and RFC 8878 (the frame)

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct ZSTD_CCtx_s;

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
/// Most bytes that encoding makes of `bytes`.
size_t zstd_bound(size_t bytes);

/// One thread at a time. Keeps zstd_encoder_bytes() from its first use on.
class ZstdEncoder {
 public:
  ZstdEncoder();
  ~ZstdEncoder();
  /// Encodes `src` at `level` to the start of `dst`, which has room for zstd_bound() bytes.
  /// \return how many it became; 0: there is no memory
  size_t encode(std::span<const std::byte> src, int level, std::span<std::byte> dst);

 private:
  struct FreeContext {
    void operator()(ZSTD_CCtx_s* context) const;
  };
  std::unique_ptr<ZSTD_CCtx_s, FreeContext> context_;
};

}  // namespace parfocal
