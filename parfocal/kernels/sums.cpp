#include "parfocal/kernels/sums.h"

#include <algorithm>
#include <bit>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/sums.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

// The loops are plain C++: each element is one short exact sequence, the compiler vectorises it for
// every target, and -ffp-contract=off keeps the bytes the same.

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {

constexpr int64_t kLanes = 16;

template <class T, class A>
void add_into_loop(const T* HWY_RESTRICT src, int64_t n, A* HWY_RESTRICT acc) {
  using U = std::make_unsigned_t<A>;  // wraps instead of undefined behaviour
  for (int64_t i = 0; i < n; ++i) {
    acc[i] = static_cast<A>(static_cast<U>(acc[i]) + static_cast<U>(static_cast<A>(src[i])));
  }
}

template <class T>
void add_squares_loop(const T* HWY_RESTRICT src, int64_t n, uint64_t* HWY_RESTRICT acc) {
  for (int64_t i = 0; i < n; ++i) {
    const auto x = static_cast<uint32_t>(src[i] < 0 ? -int32_t{src[i]} : int32_t{src[i]});
    acc[i] += x * x;
  }
}

template <class T>
void add_double_loop(const T* HWY_RESTRICT src, int64_t n, double* HWY_RESTRICT acc) {
  for (int64_t i = 0; i < n; ++i) acc[i] += static_cast<double>(src[i]);
}

inline double one_quiet_nan(double v) {
  return v == v ? v : std::numeric_limits<double>::quiet_NaN();
}

/// Adds term(i) for i < n in 16 lanes, then halves the lanes.
template <class Term>
HWY_INLINE double sum_in_lanes(int64_t n, Term term) {
  double lane[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int64_t j = 0; j < kLanes; ++j) lane[j] += term(i + j);
  }
  for (int64_t j = 0; i + j < n; ++j) lane[j] += term(i + j);
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t j = 0; j < half; ++j) lane[j] += lane[j + half];
  }
  return one_quiet_nan(lane[0]);
}

template <class T>
row_sum_t<T> row_sum_loop(const T* src, int64_t n) {
  if constexpr (std::is_floating_point_v<T>) {
    return sum_in_lanes(n, [src](int64_t i) HWY_ATTR { return static_cast<double>(src[i]); });
  } else {
    uint64_t sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += static_cast<uint64_t>(static_cast<row_sum_t<T>>(src[i]));
    return static_cast<row_sum_t<T>>(sum);
  }
}

template <class T>
double row_squared_deviation_loop(const T* src, int64_t n, double mean) {
  return sum_in_lanes(n, [src, mean](int64_t i) HWY_ATTR {
    const double d = static_cast<double>(src[i]) - mean;
    return d * d;
  });
}

/// Equal floats differ in nothing but the sign of zero: | finds -0, & finds +0.
template <bool kMin, class T>
HWY_INLINE T extreme(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    using Bits = std::conditional_t<sizeof(T) == 4, uint32_t, uint64_t>;
    const Bits x = std::bit_cast<Bits>(a), y = std::bit_cast<Bits>(b);
    const Bits either = kMin ? x | y : x & y;
    const Bits one = (kMin ? a < b : a > b) ? x : y;
    const Bits ordered = a == b ? either : one;
    const Bits nan = std::bit_cast<Bits>(std::numeric_limits<T>::quiet_NaN());
    return std::bit_cast<T>(((a != a) | (b != b)) ? nan : ordered);
  } else {
    return kMin ? std::min(a, b) : std::max(a, b);
  }
}

template <bool kMin, class T>
void extreme_into_loop(const T* HWY_RESTRICT src, int64_t n, T* HWY_RESTRICT acc) {
  for (int64_t i = 0; i < n; ++i) acc[i] = extreme<kMin>(acc[i], src[i]);
}

template <class T>
void row_extremes_loop(const T* HWY_RESTRICT src, int64_t n, Extremes<T>* HWY_RESTRICT out) {
  constexpr int64_t kBlock = 128 / sizeof(T);
  T low[kBlock], high[kBlock];
  std::fill(low, low + kBlock, src[0]);
  std::fill(high, high + kBlock, src[0]);
  int64_t i = 0;
  for (; i + kBlock <= n; i += kBlock) {
    extreme_into_loop<true>(src + i, kBlock, low);
    extreme_into_loop<false>(src + i, kBlock, high);
  }
  extreme_into_loop<true>(src + i, n - i, low);
  extreme_into_loop<false>(src + i, n - i, high);
  *out = {extreme<true>(low[0], low[0]), extreme<false>(high[0], high[0])};
  for (int64_t j = 1; j < kBlock; ++j) {
    *out = {extreme<true>(out->min, low[j]), extreme<false>(out->max, high[j])};
  }
}

template <class T>
void moments_add_loop(const T* HWY_RESTRICT src, int64_t n, double inverse_count,
                      double* HWY_RESTRICT mean, double* HWY_RESTRICT m2) {
  for (int64_t i = 0; i < n; ++i) {
    const double x = static_cast<double>(src[i]);
    const double delta = x - mean[i];
    const double next = mean[i] + delta * inverse_count;
    mean[i] = next;
    m2[i] += delta * (x - next);
  }
}

void moments_merge_loop(int64_t n, double share, double weight, double* HWY_RESTRICT mean,
                        double* HWY_RESTRICT m2, const double* HWY_RESTRICT from_mean,
                        const double* HWY_RESTRICT from_m2) {
  for (int64_t i = 0; i < n; ++i) {
    const double delta = from_mean[i] - mean[i];
    mean[i] += delta * share;
    m2[i] = (m2[i] + from_m2[i]) + (delta * delta) * weight;
  }
}

// One plain function a type: dispatch tables cannot hold templates. A type's name is pasted into
// the function's.
// clang-format off
#define PARFOCAL_NUMBERS(X)                                       \
  X(uint8_t) X(uint16_t) X(uint32_t) X(uint64_t)                  \
  X(int8_t) X(int16_t) X(int32_t) X(int64_t) X(float) X(double)
#define PARFOCAL_SQUARED(X) X(uint8_t) X(uint16_t) X(int8_t) X(int16_t)
#define PARFOCAL_ADDED(X)                                         \
  X(uint8_t, uint32_t) X(uint16_t, uint32_t)                      \
  X(uint8_t, uint64_t) X(uint16_t, uint64_t)                      \
  X(uint32_t, uint64_t) X(uint64_t, uint64_t)                     \
  X(int8_t, int64_t) X(int16_t, int64_t)                          \
  X(int32_t, int64_t) X(int64_t, int64_t)
// clang-format on

#define PARFOCAL_TARGET(T, A) \
  void add_##T##_##A(const T* src, int64_t n, A* acc) { add_into_loop(src, n, acc); }
PARFOCAL_ADDED(PARFOCAL_TARGET)
#undef PARFOCAL_TARGET
#define PARFOCAL_TARGET(T) \
  void squares_##T(const T* src, int64_t n, uint64_t* acc) { add_squares_loop(src, n, acc); }
PARFOCAL_SQUARED(PARFOCAL_TARGET)
#undef PARFOCAL_TARGET
#define PARFOCAL_TARGET(T)                                                                         \
  void double_##T(const T* src, int64_t n, double* acc) { add_double_loop(src, n, acc); }          \
  row_sum_t<T> row_##T(const T* src, int64_t n) { return row_sum_loop(src, n); }                   \
  double deviation_##T(const T* src, int64_t n, double mean) {                                     \
    return row_squared_deviation_loop(src, n, mean);                                               \
  }                                                                                                \
  void min_##T(const T* src, int64_t n, T* acc) { extreme_into_loop<true>(src, n, acc); }          \
  void max_##T(const T* src, int64_t n, T* acc) { extreme_into_loop<false>(src, n, acc); }         \
  void extremes_##T(const T* src, int64_t n, Extremes<T>* out) { row_extremes_loop(src, n, out); } \
  void moments_##T(const T* src, int64_t n, double inverse, double* mean, double* m2) {            \
    moments_add_loop(src, n, inverse, mean, m2);                                                   \
  }
PARFOCAL_NUMBERS(PARFOCAL_TARGET)
#undef PARFOCAL_TARGET

}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {

#define PARFOCAL_PUBLIC(T, A)                                     \
  HWY_EXPORT(add_##T##_##A);                                      \
  template <>                                                     \
  void add_into<T, A>(const T* src, int64_t n, A* acc) noexcept { \
    HWY_DYNAMIC_DISPATCH(add_##T##_##A)(src, n, acc);             \
  }
PARFOCAL_ADDED(PARFOCAL_PUBLIC)
#undef PARFOCAL_PUBLIC

#define PARFOCAL_PUBLIC(T)                                                    \
  HWY_EXPORT(squares_##T);                                                    \
  template <>                                                                 \
  void add_squares_into<T>(const T* src, int64_t n, uint64_t* acc) noexcept { \
    HWY_DYNAMIC_DISPATCH(squares_##T)(src, n, acc);                           \
  }
PARFOCAL_SQUARED(PARFOCAL_PUBLIC)
#undef PARFOCAL_PUBLIC

#define PARFOCAL_PUBLIC(T)                                                                         \
  HWY_EXPORT(double_##T);                                                                          \
  HWY_EXPORT(row_##T);                                                                             \
  HWY_EXPORT(deviation_##T);                                                                       \
  HWY_EXPORT(min_##T);                                                                             \
  HWY_EXPORT(max_##T);                                                                             \
  HWY_EXPORT(extremes_##T);                                                                        \
  HWY_EXPORT(moments_##T);                                                                         \
  template <>                                                                                      \
  void add_double_into<T>(const T* src, int64_t n, double* acc) noexcept {                         \
    HWY_DYNAMIC_DISPATCH(double_##T)(src, n, acc);                                                 \
  }                                                                                                \
  template <>                                                                                      \
  row_sum_t<T> row_sum<T>(const T* src, int64_t n) noexcept {                                      \
    return HWY_DYNAMIC_DISPATCH(row_##T)(src, n);                                                  \
  }                                                                                                \
  template <>                                                                                      \
  double row_squared_deviation<T>(const T* src, int64_t n, double mean) noexcept {                 \
    return HWY_DYNAMIC_DISPATCH(deviation_##T)(src, n, mean);                                      \
  }                                                                                                \
  template <>                                                                                      \
  void min_into<T>(const T* src, int64_t n, T* acc) noexcept {                                     \
    HWY_DYNAMIC_DISPATCH(min_##T)(src, n, acc);                                                    \
  }                                                                                                \
  template <>                                                                                      \
  void max_into<T>(const T* src, int64_t n, T* acc) noexcept {                                     \
    HWY_DYNAMIC_DISPATCH(max_##T)(src, n, acc);                                                    \
  }                                                                                                \
  template <>                                                                                      \
  Extremes<T> row_extremes<T>(const T* src, int64_t n) noexcept {                                  \
    Extremes<T> out;                                                                               \
    HWY_DYNAMIC_DISPATCH(extremes_##T)(src, n, &out);                                              \
    return out;                                                                                    \
  }                                                                                                \
  template <>                                                                                      \
  void moments_add<T>(const T* src, int64_t n, int64_t count, double* mean, double* m2) noexcept { \
    HWY_DYNAMIC_DISPATCH(moments_##T)(src, n, 1.0 / static_cast<double>(count), mean, m2);         \
  }
PARFOCAL_NUMBERS(PARFOCAL_PUBLIC)
#undef PARFOCAL_PUBLIC

HWY_EXPORT(moments_merge_loop);

void moments_merge(int64_t n, int64_t count, double* mean, double* m2, int64_t from_count,
                   const double* from_mean, const double* from_m2) noexcept {
  if (from_count == 0) return;
  if (count == 0) {
    std::memcpy(mean, from_mean, static_cast<size_t>(n) * sizeof(double));
    std::memcpy(m2, from_m2, static_cast<size_t>(n) * sizeof(double));
    return;
  }
  const double a = static_cast<double>(count), b = static_cast<double>(from_count);
  HWY_DYNAMIC_DISPATCH(moments_merge_loop)
  (n, b / (a + b), a * b / (a + b), mean, m2, from_mean, from_m2);
}

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
