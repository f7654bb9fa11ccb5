#include "parfocal/formats/common/zstd_memory.h"

#define ZSTD_STATIC_LINKING_ONLY  // for the estimate of a context's size
#include <zstd.h>

namespace parfocal {

int64_t zstd_encoder_bytes(int level, int64_t bytes) {
  constexpr int64_t kRoundingBytes = int64_t{8} << 10;  // up to pages
  const ZSTD_compressionParameters parameters =
      ZSTD_getCParams(level, static_cast<unsigned long long>(bytes), 0);
  return static_cast<int64_t>(ZSTD_estimateCCtxSize_usingCParams(parameters)) + kRoundingBytes;
}

}  // namespace parfocal
