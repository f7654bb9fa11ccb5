#include "parfocal/kernels/order_statistic.h"

#include "parfocal/kernels/scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/order_statistic.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "parfocal/kernels/order_statistic-inl.h"

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void order_statistic_of(std::span<const T* const> frames, size_t rank, size_t pixels, T* out,
                        void* scratch) {
  constexpr size_t kBlock = kOrderBlock<T>;
  auto* packed = static_cast<std::make_signed_t<T>*>(scratch);
  BlockRange<T> range;
  HWY_ALIGN T values[kBlock];
  for (size_t first = 0; first < pixels; first += kBlock) {
    const size_t count = std::min(kBlock, pixels - first);
    pack_block(frames, first, count, packed, range);
    descend_block(packed, frames.size(), rank, range, values);
    std::memcpy(out + first, values, count * sizeof(T));
  }
}

void order_statistic_u8(std::span<const uint8_t* const> frames, size_t rank, size_t pixels,
                        uint8_t* out, void* scratch) {
  order_statistic_of(frames, rank, pixels, out, scratch);
}
void order_statistic_u16(std::span<const uint16_t* const> frames, size_t rank, size_t pixels,
                         uint16_t* out, void* scratch) {
  order_statistic_of(frames, rank, pixels, out, scratch);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {
HWY_EXPORT(order_statistic_u8);
HWY_EXPORT(order_statistic_u16);

size_t order_statistic_scratch_bytes(size_t frames) noexcept { return frames * 128; }

template <>
void order_statistic(std::span<const uint8_t* const> frames, size_t rank, size_t pixels,
                     uint8_t* out, void* scratch) noexcept {
  HWY_DYNAMIC_DISPATCH(order_statistic_u8)(frames, rank, pixels, out, scratch);
}
template <>
void order_statistic(std::span<const uint16_t* const> frames, size_t rank, size_t pixels,
                     uint16_t* out, void* scratch) noexcept {
  HWY_DYNAMIC_DISPATCH(order_statistic_u16)(frames, rank, pixels, out, scratch);
}

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
