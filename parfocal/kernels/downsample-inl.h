// Per-target parts of the mean of image pyramids: blocks of 2 pixels of one or two rows, as vectors
// of sums, and one by one for what a vector does not fill.
// Highway's re-include guard: the file is compiled once per target.
#if defined(PARFOCAL_KERNELS_DOWNSAMPLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PARFOCAL_KERNELS_DOWNSAMPLE_INL_H_
#undef PARFOCAL_KERNELS_DOWNSAMPLE_INL_H_
#else
#define PARFOCAL_KERNELS_DOWNSAMPLE_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "parfocal/kernels/downsample.h"

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

enum class Step {
  mean,         // half = mean of the block
  sum,          // sums_out = sum of the block
  mean_of_two,  // half = mean of the block and of the one that sums_in came from
};

/// What a row of blocks is made of, and what becomes of it. Unused: nullptr.
template <class T>
struct Row {
  const T* upper;
  const T* lower;
  block_sum_t<T>* sums_out;
  const block_sum_t<T>* sums_in;
  T* half;
};

#if HWY_TARGET == HWY_SCALAR
template <class T>
inline constexpr bool kHasLanes = false;
#else
/// Lanes of pixels, and of their sums; the sums of 64-bit integers fit no lane.
template <class T>
using Pixels = hn::ScalableTag<T>;
template <class T>
using Sums = hn::Repartition<block_sum_t<T>, Pixels<T> >;
template <class T>
inline constexpr bool kHasLanes = std::is_floating_point_v<T> || sizeof(T) < 8;

/// The sums of pixels 2i and 2i + 1, of both rows if kRows is 2.
template <int kRows, class T, class D = Sums<T> >
HWY_INLINE hn::Vec<D> block_sums(const T* upper, const T* lower) {
  const D dw;
  if constexpr (std::is_floating_point_v<T>) {
    const size_t lanes = hn::Lanes(dw);
    const auto a = hn::LoadU(dw, upper), b = hn::LoadU(dw, upper + lanes);
    auto sum = hn::Add(hn::ConcatEven(dw, b, a), hn::ConcatOdd(dw, b, a));
    if constexpr (kRows == 2) {
      const auto c = hn::LoadU(dw, lower), d = hn::LoadU(dw, lower + lanes);
      sum = hn::Add(hn::Add(sum, hn::ConcatEven(dw, d, c)), hn::ConcatOdd(dw, d, c));
    }
    return sum;
  } else {
    const auto pairs = [dw](const T* row) HWY_ATTR {
      constexpr int kBits = 8 * sizeof(T);
      const auto v = hn::BitCast(dw, hn::LoadU(Pixels<T>(), row));
      return hn::Add(hn::ShiftRight<kBits>(hn::ShiftLeft<kBits>(v)), hn::ShiftRight<kBits>(v));
    };
    const auto sum = pairs(upper);
    if constexpr (kRows == 2) return hn::Add(sum, pairs(lower));
    return sum;
  }
}

/// sum / 2^kShift, rounded as the header says.
template <int kShift, class D, class V = hn::Vec<D> >
HWY_INLINE V rounded(D dw, V sum) {
  using W = hn::TFromD<D>;
  if constexpr (std::is_floating_point_v<W>) {
    // + 0 turns -0 into what a sum that starts from 0 would be.
    const auto mean = hn::Add(hn::Mul(sum, hn::Set(dw, W{1} / (1 << kShift))), hn::Zero(dw));
    return hn::IfThenElse(hn::Eq(mean, mean), mean,
                          hn::Set(dw, std::numeric_limits<W>::quiet_NaN()));
  } else {
    const auto odd = hn::And(hn::ShiftRight<kShift>(sum), hn::Set(dw, W{1}));
    const auto below_half = hn::Set(dw, static_cast<W>((1 << (kShift - 1)) - 1));
    return hn::ShiftRight<kShift>(hn::Add(sum, hn::Add(odd, below_half)));
  }
}

/// Stores two vectors of means, which fit T, as pixels.
template <class T, class V>
HWY_INLINE void store_means(V low, V high, T* out) {
  const Pixels<T> d;
  if constexpr (std::is_floating_point_v<T>) {
    hn::StoreU(low, d, out);
    hn::StoreU(high, d, out + hn::Lanes(d));
  } else {
    hn::StoreU(hn::ConcatEven(d, hn::BitCast(d, high), hn::BitCast(d, low)), d, out);
  }
}

/// Asks for the lines that a step of row_of_vectors() will read some rows on. Processors do not see
/// a stream in the two interleaved rows of a narrow tile: chunks of 256 x 256 took twice the time.
template <class T>
HWY_INLINE void prefetch_ahead(const T* row, int64_t pixels) {
  constexpr uintptr_t kAhead = 8192;
  const auto begin =
      reinterpret_cast<uintptr_t>(row) + kAhead;  // may be beyond the image: harmless
  const uintptr_t end = begin + static_cast<uintptr_t>(pixels) * sizeof(T);
  for (uintptr_t line = begin; line < end; line += 64)
    hwy::Prefetch(reinterpret_cast<const std::byte*>(line));
}

/// As many blocks from the start of the row as fill vectors; returns their number.
template <Step kStep, int kRows, class T>
int64_t row_of_vectors(const Row<T>& row, int64_t blocks) {
  constexpr int kShift = kRows + (kStep == Step::mean_of_two ? 1 : 0);  // of the number of pixels
  const Sums<T> dw;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(dw));
  const auto sums_at = [&](int64_t x) HWY_ATTR {
    const auto sums = block_sums<kRows>(row.upper + 2 * x, row.lower + (kRows == 2 ? 2 * x : 0));
    if constexpr (kStep != Step::mean_of_two) return sums;
    return hn::Add(hn::LoadU(dw, row.sums_in + x), sums);
  };
  int64_t x = 0;
  for (; x + 2 * lanes <= blocks; x += 2 * lanes) {
    prefetch_ahead(row.upper + 2 * x, 4 * lanes);
    if constexpr (kRows == 2) prefetch_ahead(row.lower + 2 * x, 4 * lanes);
    const auto low = sums_at(x), high = sums_at(x + lanes);
    if constexpr (kStep == Step::sum) {
      hn::StoreU(low, dw, row.sums_out + x);
      hn::StoreU(high, dw, row.sums_out + x + lanes);
    } else {
      store_means(rounded<kShift>(dw, low), rounded<kShift>(dw, high), row.half + x);
    }
  }
  return x;
}

/// rounded() of as many sums as fill vectors; returns their number.
template <int kShift, class T>
int64_t round_vectors(const block_sum_t<T>* HWY_RESTRICT sums, int64_t count,
                      T* HWY_RESTRICT half) {
  const Sums<T> dw;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(dw));
  int64_t x = 0;
  for (; x + 2 * lanes <= count; x += 2 * lanes) {
    store_means(rounded<kShift>(dw, hn::LoadU(dw, sums + x)),
                rounded<kShift>(dw, hn::LoadU(dw, sums + x + lanes)), half + x);
  }
  return x;
}

#endif  // HWY_TARGET != HWY_SCALAR

/// block_sums() of one block, of kColumns pixels a row.
template <int kRows, int kColumns, class T>
HWY_INLINE block_sum_t<T> block_sum(const T* upper, const T* lower) {
  using W = block_sum_t<T>;
  W sum = upper[0];
  if constexpr (kColumns == 2) sum = static_cast<W>(sum + upper[1]);
  if constexpr (kRows == 2) sum = static_cast<W>(sum + lower[0]);
  if constexpr (kRows == 2 && kColumns == 2) sum = static_cast<W>(sum + lower[1]);
  return sum;
}

/// rounded() of one sum.
template <class T>
HWY_INLINE T rounded_one(block_sum_t<T> sum, int shift) {
  using W = block_sum_t<T>;
  if constexpr (std::is_floating_point_v<T>) {
    const T mean = sum * (T{1} / static_cast<T>(1 << shift)) + T{0};
    return mean == mean ? mean : std::numeric_limits<T>::quiet_NaN();
  } else {
    if (shift == 0) return static_cast<T>(sum);
    const W odd = (sum >> shift) & 1;
    return static_cast<T>((sum + odd + ((1 << (shift - 1)) - 1)) >> shift);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#endif  // PARFOCAL_KERNELS_DOWNSAMPLE_INL_H_
