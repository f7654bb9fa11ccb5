#pragma once
/// What zstd takes for its own state, as plans state it: whoever compresses by it asks here.

#include <cstdint>

namespace parfocal {

/// Of an encoder that compresses `bytes` at once at `level`.
int64_t zstd_encoder_bytes(int level, int64_t bytes);

/// Of a decoder that is given whole pieces.
inline constexpr int64_t kZstdDecoderBytes = int64_t{192} << 10;

}  // namespace parfocal
