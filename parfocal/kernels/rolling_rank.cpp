#include "parfocal/kernels/rolling_rank.h"

#include "parfocal/kernels/order_statistic.h"
#include "parfocal/kernels/scratch.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/rolling_rank.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "parfocal/kernels/order_statistic-inl.h"

#ifndef PARFOCAL_KERNELS_ROLLING_RANK_ONCE
#define PARFOCAL_KERNELS_ROLLING_RANK_ONCE
namespace parfocal::kernels {
namespace {

constexpr size_t kRungs = 16;

template <class T>
struct RollJob {
  void* state;
  size_t pixels;
  const T* leaving;
  const T* entering;
  std::span<const T* const> frames;
  size_t rank;
  T* out;
  void* scratch;
};

/// Pixels that share their place in the state: rung 0's level of each, then the counts of each
/// rung.
template <class T>
constexpr size_t kRollBlock = 128 / sizeof(T);
template <class T>
constexpr size_t kRollBlockLanes = (1 + kRungs) * kRollBlock<T>;

}  // namespace
}  // namespace parfocal::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// L is the type of levels and counts: T itself, or wider where the window has more frames than T
// can count.
template <class T, class L>
using LaneTag = hn::CappedTag<L, kRollBlock<T> / 2>;

/// Signed lanes of type D, promoted where the pixels are narrower.
template <class D, class VS>
HWY_INLINE hn::Vec<hn::RebindToSigned<D>> widened([[maybe_unused]] D d, VS v) {
  if constexpr (std::is_same_v<VS, hn::Vec<hn::RebindToSigned<D>>>) {
    return v;
  } else {
    return hn::PromoteTo(hn::RebindToSigned<D>(), v);
  }
}
/// Signed lanes in the order of the pixels at `pixels`.
template <class D, class P>
HWY_INLINE hn::Vec<hn::RebindToSigned<D>> signed_pixels(D d, const P* pixels) {
  const hn::Rebind<P, D> dp;
  return widened(d, flipped(dp, hn::LoadU(dp, pixels)));
}
/// The same of pixels as pack_block left them.
template <class D, class S>
HWY_INLINE hn::Vec<hn::RebindToSigned<D>> packed_pixels(D d, const S* packed) {
  return widened(d, hn::LoadU(hn::Rebind<S, D>(), packed));
}

/// Levels of pixels of type T, on the scale of signed_pixels.
template <class T, class D>
HWY_INLINE hn::Vec<hn::RebindToSigned<D>> signed_level(D d, hn::Vec<D> level) {
  if constexpr (sizeof(T) == sizeof(hn::TFromD<D>)) {
    return flipped(d, level);
  } else {
    const hn::RebindToSigned<D> ds;
    return hn::Sub(hn::BitCast(ds, level), hn::Set(ds, 1 << (8 * sizeof(T) - 1)));
  }
}

template <class T, class L, bool kLeaves, bool kEnters>
void replace_in_block(L* HWY_RESTRICT block, const T* leaving, const T* entering) {
  const LaneTag<T, L> d;
  const hn::RebindToSigned<decltype(d)> ds;
  const auto one = hn::Set(d, L{1});
  for (size_t x = 0; x < kRollBlock<T>; x += hn::Lanes(d)) {
    auto level = hn::Load(d, block + x);
    auto out = hn::Zero(ds), in = out;
    if constexpr (kLeaves) out = signed_pixels(d, leaving + x);
    if constexpr (kEnters) in = signed_pixels(d, entering + x);
    for (size_t rung = 0; rung < kRungs; ++rung) {
      L* counts = block + (1 + rung) * kRollBlock<T> + x;
      const auto threshold = signed_level<T>(d, level);
      auto count = hn::Load(d, counts);
      if constexpr (kLeaves) count = hn::Add(count, below(d, out, threshold));
      if constexpr (kEnters) count = hn::Sub(count, below(d, in, threshold));
      hn::Store(count, d, counts);
      level = hn::Add(level, one);
    }
  }
}

template <class T, class L, bool kLeaves, bool kEnters>
void replace_all(const RollJob<T>& job) {
  auto* block = static_cast<L*>(job.state);
  for (size_t first = 0; first < job.pixels; first += kRollBlock<T>) {
    replace_in_block<T, L, kLeaves, kEnters>(block, kLeaves ? job.leaving + first : nullptr,
                                             kEnters ? job.entering + first : nullptr);
    block += kRollBlockLanes<T>;
  }
}

template <class T, class L>
void replace_as(const RollJob<T>& job) {
  if (job.leaving && job.entering) return replace_all<T, L, true, true>(job);
  if (job.leaving) return replace_all<T, L, true, false>(job);
  if (job.entering) return replace_all<T, L, false, true>(job);
}

/// Reads the answers off the ladders; false if one lies outside.
template <class T, class L>
bool read_ladders(const L* HWY_RESTRICT block, size_t rank, T* HWY_RESTRICT out) {
  const LaneTag<T, L> d;
  const hn::RebindToSigned<decltype(d)> ds;
  const auto limit = flipped(d, hn::Set(d, static_cast<L>(rank)));
  const auto rungs = hn::Set(d, static_cast<L>(kRungs));
  const auto last = hn::Set(d, static_cast<L>(std::numeric_limits<T>::max() - (kRungs - 1)));
  auto outside = hn::Zero(d);
  for (size_t x = 0; x < kRollBlock<T>; x += hn::Lanes(d)) {
    auto reached = rungs;  // rungs with at most `rank` values below
    for (size_t rung = 0; rung < kRungs; ++rung)
      reached =
          hn::Add(reached,
                  below(d, limit, flipped(d, hn::Load(d, block + (1 + rung) * kRollBlock<T> + x))));
    const auto level = hn::Load(d, block + x);
    const auto none = hn::VecFromMask(d, hn::Eq(reached, hn::Zero(d)));
    const auto all = hn::VecFromMask(d, hn::Eq(reached, rungs));
    const auto at_top = hn::VecFromMask(d, hn::Eq(level, last));
    outside = hn::Or(outside, hn::Or(none, hn::AndNot(at_top, all)));
    const auto value = hn::Sub(hn::Add(level, reached), hn::Set(d, L{1}));
    if constexpr (sizeof(T) == sizeof(L)) {
      hn::Store(value, d, out + x);
    } else {
      const hn::Rebind<T, decltype(d)> dt;
      hn::StoreU(hn::DemoteTo(dt, hn::BitCast(ds, value)), dt, out + x);
    }
  }
  return hn::AllTrue(d, hn::Eq(outside, hn::Zero(d)));
}

/// Counts the values of a packed block below each rung of its ladders.
template <class T, class L>
void count_ladders(const std::make_signed_t<T>* HWY_RESTRICT packed, size_t frames,
                   L* HWY_RESTRICT block) {
  const LaneTag<T, L> d;
  for (size_t x = 0; x < kRollBlock<T>; x += hn::Lanes(d))
    for (size_t rung = 0; rung < kRungs; rung += 4) {
      L* counts = block + (1 + rung) * kRollBlock<T> + x;
      const auto level = hn::Load(d, block + x);
      const auto t0 = signed_level<T>(d, hn::Add(level, hn::Set(d, static_cast<L>(rung))));
      const auto t1 = signed_level<T>(d, hn::Add(level, hn::Set(d, static_cast<L>(rung + 1))));
      const auto t2 = signed_level<T>(d, hn::Add(level, hn::Set(d, static_cast<L>(rung + 2))));
      const auto t3 = signed_level<T>(d, hn::Add(level, hn::Set(d, static_cast<L>(rung + 3))));
      auto c0 = hn::Zero(d), c1 = c0, c2 = c0, c3 = c0;
      for (size_t f = 0; f < frames; ++f) {
        const auto v = packed_pixels(d, packed + f * kRollBlock<T> + x);
        c0 = hn::Sub(c0, below(d, v, t0));
        c1 = hn::Sub(c1, below(d, v, t1));
        c2 = hn::Sub(c2, below(d, v, t2));
        c3 = hn::Sub(c3, below(d, v, t3));
      }
      hn::Store(c0, d, counts);
      hn::Store(c1, d, counts + kRollBlock<T>);
      hn::Store(c2, d, counts + 2 * kRollBlock<T>);
      hn::Store(c3, d, counts + 3 * kRollBlock<T>);
    }
}

/// Ranks a block anew and sets its ladders about the answers.
template <class T, class L>
void rank_block(const RollJob<T>& job, size_t first, L* HWY_RESTRICT block) {
  constexpr int kLastLevel = std::numeric_limits<T>::max() - (int{kRungs} - 1);
  auto* packed = static_cast<std::make_signed_t<T>*>(job.scratch);
  BlockRange<T> range;
  HWY_ALIGN T values[kRollBlock<T>];
  pack_block(job.frames, first, kRollBlock<T>, packed, range);
  descend_block(packed, job.frames.size(), job.rank, range, values);
  for (size_t x = 0; x < kRollBlock<T>; ++x) {
    const int level = values[x] - (int{kRungs} / 2 - 1);
    block[x] = static_cast<L>(std::clamp(level, 0, kLastLevel));
  }
  count_ladders<T, L>(packed, job.frames.size(), block);
  std::memcpy(job.out + first, values, sizeof(values));
}

template <class T, class L>
void value_as(const RollJob<T>& job) {
  auto* block = static_cast<L*>(job.state);
  for (size_t first = 0; first < job.pixels; first += kRollBlock<T>) {
    if (!read_ladders<T, L>(block, job.rank, job.out + first)) rank_block<T, L>(job, first, block);
    block += kRollBlockLanes<T>;
  }
}

void replace_u8(const RollJob<uint8_t>& job) { replace_as<uint8_t, uint8_t>(job); }
void replace_u8_wide(const RollJob<uint8_t>& job) { replace_as<uint8_t, uint16_t>(job); }
void replace_u16(const RollJob<uint16_t>& job) { replace_as<uint16_t, uint16_t>(job); }
void value_u8(const RollJob<uint8_t>& job) { value_as<uint8_t, uint8_t>(job); }
void value_u8_wide(const RollJob<uint8_t>& job) { value_as<uint8_t, uint16_t>(job); }
void value_u16(const RollJob<uint16_t>& job) { value_as<uint16_t, uint16_t>(job); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {
HWY_EXPORT(replace_u8);
HWY_EXPORT(replace_u8_wide);
HWY_EXPORT(replace_u16);
HWY_EXPORT(value_u8);
HWY_EXPORT(value_u8_wide);
HWY_EXPORT(value_u16);

namespace {

template <class T>
bool needs_wide_lanes(size_t window) {
  return sizeof(T) == 1 && window > 255;
}

}  // namespace

size_t rolling_scratch_bytes(size_t window) noexcept {
  return order_statistic_scratch_bytes(window);
}

template <class T>
size_t rolling_state_bytes(size_t pixels, size_t window) noexcept {
  const size_t lane_bytes = needs_wide_lanes<T>(window) ? 2 : sizeof(T);
  return rolling_padded<T>(pixels) * (1 + kRungs) * lane_bytes;
}

template <class T>
void rolling_begin(void* state, size_t pixels, size_t window) noexcept {
  std::memset(state, 0, rolling_state_bytes<T>(pixels, window));
}

template <>
void rolling_replace(void* state, size_t pixels, size_t window, const uint8_t* leaving,
                     const uint8_t* entering) noexcept {
  const RollJob<uint8_t> job{state, pixels, leaving, entering, {}, 0, nullptr, nullptr};
  if (needs_wide_lanes<uint8_t>(window)) return HWY_DYNAMIC_DISPATCH(replace_u8_wide)(job);
  HWY_DYNAMIC_DISPATCH(replace_u8)(job);
}
template <>
void rolling_replace(void* state, size_t pixels, size_t, const uint16_t* leaving,
                     const uint16_t* entering) noexcept {
  const RollJob<uint16_t> job{state, pixels, leaving, entering, {}, 0, nullptr, nullptr};
  HWY_DYNAMIC_DISPATCH(replace_u16)(job);
}

template <>
void rolling_value(void* state, size_t pixels, size_t window,
                   std::span<const uint8_t* const> frames, size_t rank, uint8_t* out,
                   void* scratch) noexcept {
  const RollJob<uint8_t> job{state, pixels, nullptr, nullptr, frames, rank, out, scratch};
  if (needs_wide_lanes<uint8_t>(window)) return HWY_DYNAMIC_DISPATCH(value_u8_wide)(job);
  HWY_DYNAMIC_DISPATCH(value_u8)(job);
}
template <>
void rolling_value(void* state, size_t pixels, size_t, std::span<const uint16_t* const> frames,
                   size_t rank, uint16_t* out, void* scratch) noexcept {
  const RollJob<uint16_t> job{state, pixels, nullptr, nullptr, frames, rank, out, scratch};
  HWY_DYNAMIC_DISPATCH(value_u16)(job);
}

template size_t rolling_state_bytes<uint8_t>(size_t, size_t) noexcept;
template size_t rolling_state_bytes<uint16_t>(size_t, size_t) noexcept;
template void rolling_begin<uint8_t>(void*, size_t, size_t) noexcept;
template void rolling_begin<uint16_t>(void*, size_t, size_t) noexcept;

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
