// Per-target parts of the order statistic, shared with the rolling one: one block of pixels of all
// frames, packed, and the counts of values below a threshold in it.
// Highway's re-include guard: the file is compiled once per target.
#if defined(PARFOCAL_KERNELS_ORDER_STATISTIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PARFOCAL_KERNELS_ORDER_STATISTIC_INL_H_
#undef PARFOCAL_KERNELS_ORDER_STATISTIC_INL_H_
#else
#define PARFOCAL_KERNELS_ORDER_STATISTIC_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace on = hwy::HWY_NAMESPACE;

/// Bytes of one frame in a packed block.
inline constexpr size_t kOrderBlockBytes = 128;

template <class T>
inline constexpr size_t kOrderBlock = kOrderBlockBytes / sizeof(T);

/// Unsigned lanes as signed ones of the same order, and back: vectors compare signed bytes only.
template <class D, class V = on::Vec<D>>
HWY_INLINE on::Vec<on::RebindToSigned<D>> flipped(D d, V v) {
  using T = on::TFromD<D>;
  const on::RebindToSigned<D> ds;
  return on::BitCast(ds, on::Xor(v, on::Set(d, static_cast<T>(T{1} << (8 * sizeof(T) - 1)))));
}

/// All ones where a < b.
template <class D, class VS>
HWY_INLINE on::Vec<D> below(D d, VS a, VS b) {
  const on::RebindToSigned<D> ds;
  return on::BitCast(d, on::VecFromMask(ds, on::Lt(a, b)));
}

/// The smallest values of a packed block, and how many bits their distance to the largest takes.
template <class T>
struct BlockRange {
  HWY_ALIGN T low[kOrderBlock<T>];
  int bits = 0;
};

/// Packs `count` <= kOrderBlock pixels of every frame, from pixel `first` on, as signed values of
/// the same order; what the block has beyond them holds zeros.
template <class T>
void pack_block(std::span<const T* const> frames, size_t first, size_t count,
                std::make_signed_t<T>* HWY_RESTRICT packed, BlockRange<T>& range) {
  const on::CappedTag<T, kOrderBlock<T>> d;
  const on::RebindToSigned<decltype(d)> ds;
  constexpr size_t kBlock = kOrderBlock<T>;
  const size_t lanes = on::Lanes(d);
  HWY_ALIGN T high[kBlock];
  std::fill(range.low, range.low + kBlock, std::numeric_limits<T>::max());
  std::fill(high, high + kBlock, T{0});
  if (count < kBlock) {
    HWY_ALIGN T part[kBlock] = {};
    for (size_t f = 0; f < frames.size(); ++f) {
      std::memcpy(part, frames[f] + first, count * sizeof(T));
      for (size_t x = 0; x < kBlock; ++x) {
        range.low[x] = std::min(range.low[x], part[x]);
        high[x] = std::max(high[x], part[x]);
      }
      for (size_t x = 0; x < kBlock; x += lanes)
        on::Store(flipped(d, on::Load(d, part + x)), ds, packed + f * kBlock + x);
    }
  } else {
    for (size_t x = 0; x < kBlock; x += lanes) {
      auto least = on::Set(d, std::numeric_limits<T>::max());
      auto most = on::Zero(d);
      for (size_t f = 0; f < frames.size(); ++f) {
        const auto v = on::LoadU(d, frames[f] + first + x);
        // Frames lie too far apart for the processor to see what comes next.
        hwy::Prefetch(frames[f] + first + x + kBlock);
        least = on::Min(least, v);
        most = on::Max(most, v);
        on::Store(flipped(d, v), ds, packed + f * kBlock + x);
      }
      on::Store(least, d, range.low + x);
      on::Store(most, d, high + x);
    }
  }
  T widest = 0;
  for (size_t x = 0; x < kBlock; ++x)
    widest = std::max(widest, static_cast<T>(high[x] - range.low[x]));
  range.bits = std::bit_width(static_cast<unsigned>(widest));
}

/// Counts the values below two vectors of thresholds in frames [from, to) of a packed block.
/// \pre to - from fits a lane
template <class D, class S>
HWY_INLINE void count_below(D d, const S* HWY_RESTRICT packed, size_t from, size_t to,
                            size_t stride, on::Vec<on::RebindToSigned<D>> t0,
                            on::Vec<on::RebindToSigned<D>> t1, on::Vec<D>& count0,
                            on::Vec<D>& count1) {
  const on::RebindToSigned<D> ds;
  const size_t lanes = on::Lanes(d);
  auto a = on::Zero(d), b = a;
  for (size_t f = from; f < to; ++f) {
    a = on::Sub(a, below(d, on::Load(ds, packed + f * stride), t0));
    b = on::Sub(b, below(d, on::Load(ds, packed + f * stride + lanes), t1));
  }
  count0 = a;
  count1 = b;
}

/// All ones in the lanes where at most `rank` of the values lie below the threshold.
template <class D, class S>
HWY_INLINE void few_below(D d, const S* HWY_RESTRICT packed, size_t frames, size_t stride,
                          size_t rank, on::Vec<on::RebindToSigned<D>> t0,
                          on::Vec<on::RebindToSigned<D>> t1, on::Vec<D>& few0, on::Vec<D>& few1) {
  using T = on::TFromD<D>;
  constexpr size_t kMost = std::numeric_limits<T>::max();
  on::Vec<D> count0, count1;
  if (frames <= kMost) {
    count_below(d, packed, 0, frames, stride, t0, t1, count0, count1);
    const auto limit = flipped(d, on::Set(d, static_cast<T>(rank)));
    few0 = on::Not(below(d, limit, flipped(d, count0)));
    few1 = on::Not(below(d, limit, flipped(d, count1)));
    return;
  }
  // More frames than a lane can count: flushed into wide counts in good time.
  constexpr size_t kMostLanes = 2 * HWY_MAX_BYTES / sizeof(T);
  HWY_ALIGN T part[kMostLanes];
  uint32_t total[kMostLanes] = {};
  const size_t lanes = on::Lanes(d);
  for (size_t f = 0; f < frames; f += kMost) {
    count_below(d, packed, f, std::min(frames, f + kMost), stride, t0, t1, count0, count1);
    on::Store(count0, d, part);
    on::Store(count1, d, part + lanes);
    for (size_t i = 0; i < 2 * lanes; ++i) total[i] += part[i];
  }
  for (size_t i = 0; i < 2 * lanes; ++i) part[i] = total[i] <= rank ? static_cast<T>(~T{0}) : T{0};
  few0 = on::Load(d, part);
  few1 = on::Load(d, part + lanes);
}

/// The order statistic of two vectors of pixels of a packed block.
template <class D, class S>
HWY_INLINE void descend(D d, const S* HWY_RESTRICT packed, size_t frames, size_t stride,
                        size_t rank, const on::TFromD<D>* low, int bits, on::TFromD<D>* out) {
  using T = on::TFromD<D>;
  const size_t lanes = on::Lanes(d);
  auto v0 = on::Load(d, low), v1 = on::Load(d, low + lanes);
  for (int bit = bits; bit-- > 0;) {
    // A sum that saturates is right too: the answer is then no less than the largest value.
    const auto step = on::Set(d, static_cast<T>(T{1} << bit));
    const auto t0 = on::SaturatedAdd(v0, step), t1 = on::SaturatedAdd(v1, step);
    on::Vec<D> few0, few1;
    few_below(d, packed, frames, stride, rank, flipped(d, t0), flipped(d, t1), few0, few1);
    v0 = on::IfVecThenElse(few0, t0, v0);
    v1 = on::IfVecThenElse(few1, t1, v1);
  }
  on::Store(v0, d, out);
  on::Store(v1, d, out + lanes);
}

/// The order statistic of a whole packed block into `out` (kOrderBlock values, aligned).
template <class T>
void descend_block(const std::make_signed_t<T>* HWY_RESTRICT packed, size_t frames, size_t rank,
                   const BlockRange<T>& range, T* HWY_RESTRICT out) {
  constexpr size_t kBlock = kOrderBlock<T>;
  const on::CappedTag<T, kBlock / 2> d;  // two vectors always fit
  const size_t lanes = on::Lanes(d);
  for (size_t x = 0; x < kBlock; x += 2 * lanes)
    descend(d, packed + x, frames, kBlock, rank, range.low + x, range.bits, out + x);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#endif  // PARFOCAL_KERNELS_ORDER_STATISTIC_INL_H_
