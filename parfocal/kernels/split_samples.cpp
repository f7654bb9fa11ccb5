#include "parfocal/kernels/split_samples.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/split_samples.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <int kSamples, typename T>
void split_rest(const T* HWY_RESTRICT pixels, int64_t begin, int64_t end, T* const* planes) {
  for (int s = 0; s < kSamples; ++s)
    if (T* HWY_RESTRICT plane = planes[s])
      for (int64_t i = begin; i < end; ++i) plane[i] = pixels[i * kSamples + s];
}

template <class D, typename T, class V>
void store_wanted(V v, D d, T* plane, int64_t at) {
  if (plane) hn::StoreU(v, d, plane + at);
}

template <int kSamples, typename T>
void split(const T* HWY_RESTRICT pixels, int64_t count, T* const* planes) {
  const hn::ScalableTag<T> d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  hn::VFromD<decltype(d)> a, b, c, e;
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    const T* from = pixels + i * kSamples;
    if constexpr (kSamples == 2) hn::LoadInterleaved2(d, from, a, b);
    if constexpr (kSamples == 3) hn::LoadInterleaved3(d, from, a, b, c);
    if constexpr (kSamples == 4) hn::LoadInterleaved4(d, from, a, b, c, e);
    store_wanted(a, d, planes[0], i);
    store_wanted(b, d, planes[1], i);
    if constexpr (kSamples > 2) store_wanted(c, d, planes[2], i);
    if constexpr (kSamples > 3) store_wanted(e, d, planes[3], i);
  }
  split_rest<kSamples>(pixels, i, count, planes);
}

template <typename T>
void split_any(const T* pixels, int64_t count, int64_t samples, T* const* planes) {
  switch (samples) {
    case 2:
      return split<2>(pixels, count, planes);
    case 3:
      return split<3>(pixels, count, planes);
    case 4:
      return split<4>(pixels, count, planes);
    default:
      return split_rest<1>(pixels, 0, count, planes);
  }
}

void split_u8(const uint8_t* pixels, int64_t count, int64_t samples, uint8_t* const* planes) {
  split_any(pixels, count, samples, planes);
}
void split_u16(const uint16_t* pixels, int64_t count, int64_t samples, uint16_t* const* planes) {
  split_any(pixels, count, samples, planes);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {
namespace {

HWY_EXPORT(split_u8);
HWY_EXPORT(split_u16);

}  // namespace

template <typename T>
void split_samples(const T* pixels, int64_t count, int64_t samples, T* const* planes) noexcept {
  if constexpr (sizeof(T) == 1)
    HWY_DYNAMIC_DISPATCH(split_u8)(pixels, count, samples, planes);
  else
    HWY_DYNAMIC_DISPATCH(split_u16)(pixels, count, samples, planes);
}

template void split_samples(const uint8_t*, int64_t, int64_t, uint8_t* const*) noexcept;
template void split_samples(const uint16_t*, int64_t, int64_t, uint16_t* const*) noexcept;

}  // namespace parfocal::kernels
#endif
