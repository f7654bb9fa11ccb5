#include "parfocal/formats/hdf5/zstd_filter.h"

#include <hdf5.h>
#include <zstd.h>

#include <cstdlib>
#include <memory>

namespace parfocal {
namespace {

struct FreeDecoder {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

ZSTD_DCtx* decoder() {
  thread_local const std::unique_ptr<ZSTD_DCtx, FreeDecoder> context(ZSTD_createDCtx());
  return context.get();
}

// HDF5 keeps sizes of chunks in 32 bit; a header that states more is damaged or hostile.
constexpr int64_t kMostChunkBytes = (int64_t{1} << 32) - 1;

// Gives `made` (or nothing) to the library in place of its buffer.
size_t hand_over(void* made, size_t bytes, size_t capacity, size_t* buf_size, void** buf) {
  if (made == nullptr || bytes == 0) {
    H5free_memory(made);
    return 0;
  }
  H5free_memory(*buf);
  *buf = made;
  *buf_size = capacity;
  return bytes;
}

size_t decode(size_t nbytes, size_t* buf_size, void** buf) {
  const std::span src(static_cast<const std::byte*>(*buf), nbytes);
  const int64_t size = zstd_frame_size(src);
  if (size <= 0 || size > kMostChunkBytes) return 0;
  const size_t bytes = static_cast<size_t>(size);
  void* made = H5allocate_memory(bytes, false);
  const bool good =
      made != nullptr && zstd_decode(src, std::span(static_cast<std::byte*>(made), bytes));
  return hand_over(made, good ? bytes : 0, bytes, buf_size, buf);
}

size_t encode(int level, size_t nbytes, size_t* buf_size, void** buf) {
  thread_local ZstdEncoder encoder;
  const size_t capacity = zstd_bound(nbytes);
  void* made = H5allocate_memory(capacity, false);
  if (made == nullptr) return 0;
  const std::span src(static_cast<const std::byte*>(*buf), nbytes);
  const size_t bytes = encoder.encode(src, level, {static_cast<std::byte*>(made), capacity});
  return hand_over(made, bytes, capacity, buf_size, buf);
}

size_t filter(unsigned flags, size_t cd_nelmts, const unsigned cd_values[], size_t nbytes,
              size_t* buf_size, void** buf) {
  if ((flags & H5Z_FLAG_REVERSE) != 0) return decode(nbytes, buf_size, buf);
  const int level = cd_nelmts > 0 ? static_cast<int>(cd_values[0]) : kZstdDefaultLevel;
  return encode(level, nbytes, buf_size, buf);
}

}  // namespace

bool register_zstd_filter() {
  static constexpr H5Z_class2_t kClass = {H5Z_CLASS_T_VERS,  kZstdFilter, 1,       1,
                                          "zstd (parfocal)", nullptr,     nullptr, filter};
  return H5Zregister(&kClass) >= 0;
}

int64_t zstd_frame_size(std::span<const std::byte> src) {
  const unsigned long long size = ZSTD_getFrameContentSize(src.data(), src.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR) return -1;
  return size > static_cast<unsigned long long>(INT64_MAX) ? -1 : static_cast<int64_t>(size);
}

bool zstd_decode(std::span<const std::byte> src, std::span<std::byte> dst) {
  if (decoder() == nullptr) return false;
  return ZSTD_decompressDCtx(decoder(), dst.data(), dst.size(), src.data(), src.size()) ==
         dst.size();
}

size_t zstd_bound(size_t bytes) { return ZSTD_compressBound(bytes); }

ZstdEncoder::ZstdEncoder() : context_(ZSTD_createCCtx()) {}
ZstdEncoder::~ZstdEncoder() = default;
void ZstdEncoder::FreeContext::operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }

size_t ZstdEncoder::encode(std::span<const std::byte> src, int level, std::span<std::byte> dst) {
  if (!context_) return 0;
  const size_t bytes =
      ZSTD_compressCCtx(context_.get(), dst.data(), dst.size(), src.data(), src.size(), level);
  return ZSTD_isError(bytes) ? 0 : bytes;
}

}  // namespace parfocal
