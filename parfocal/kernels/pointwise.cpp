#include "parfocal/kernels/pointwise.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/pointwise.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

// The loops are plain C++: each element is one short exact sequence, the compiler vectorises it for
// every target, and -ffp-contract=off keeps the bytes the same.

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {

/// 2^(value bits of the integer Dst): the lowest float above its range. Exact in float and double.
template <class Src, class Dst>
constexpr Src above() {
  constexpr Dst half = std::numeric_limits<Dst>::max() / 2 + 1;
  return static_cast<Src>(half) * 2;
}

/// Does trunc(x) fit? lowest - 1 is exact while Dst has fewer bits than Src's mantissa; for wider
/// types the floats near the lowest value have no fraction to drop.
template <class Dst, class Src>
HWY_INLINE bool float_fits(Src x) {
  constexpr Src lowest = static_cast<Src>(std::numeric_limits<Dst>::lowest());
  constexpr bool kFractions =
      std::numeric_limits<Dst>::digits < std::numeric_limits<Src>::digits || lowest == 0;
  const bool not_below = kFractions ? x > lowest - 1 : x >= lowest;
  return not_below & (x < above<Src, Dst>());
}

template <class Dst, class Src>
HWY_INLINE Dst float_to_integer(Src x) {
  using Limits = std::numeric_limits<Dst>;
  if constexpr (Limits::digits < std::numeric_limits<Src>::digits && Limits::digits < 32) {
    // Both limits are exact in Src and in int32_t: clamping first is the form that vectorises.
    constexpr Src low = static_cast<Src>(Limits::lowest()), high = static_cast<Src>(Limits::max());
    const Src number = x == x ? x : Src{0};
    const Src above_low = number > low ? number : low;
    return static_cast<Dst>(static_cast<int32_t>(above_low < high ? above_low : high));
  }
  const bool inside = float_fits<Dst>(x);
  const Dst value = static_cast<Dst>(inside ? x : Src{0});
  const Dst outside = x > 0 ? Limits::max() : x < 0 ? Limits::lowest() : Dst{0};  // NaN: 0
  return inside ? value : outside;
}

template <class Dst, class Src>
HWY_INLINE bool integer_fits(Src x) {
  // As std::in_range, in a form that vectorises.
  using Limits = std::numeric_limits<Dst>;
  bool fits = true;
  if constexpr (std::is_signed_v<Src> && std::is_unsigned_v<Dst>) fits &= x >= 0;
  if constexpr (std::is_signed_v<Src> && std::is_signed_v<Dst> && sizeof(Dst) < sizeof(Src)) {
    fits &= x >= static_cast<Src>(Limits::lowest());
  }
  if constexpr (Limits::digits < std::numeric_limits<Src>::digits) {
    fits &= x <= static_cast<Src>(Limits::max());
  }
  return fits;
}

template <class Dst, class Src>
HWY_INLINE bool fits(Src x) {
  if constexpr (std::is_integral_v<Dst>) {
    if constexpr (std::is_integral_v<Src>)
      return integer_fits<Dst>(x);
    else
      return float_fits<Dst>(x);
  } else if constexpr (std::is_same_v<Src, double> && std::is_same_v<Dst, float>) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const bool overflows = std::abs(static_cast<double>(static_cast<float>(x))) == infinity;
    return !overflows | (std::abs(x) == infinity);
  } else {
    return true;
  }
}

template <bool kSaturate, class Dst, class Src>
HWY_INLINE Dst convert_one(Src x) {
  if constexpr (std::is_floating_point_v<Src> && std::is_integral_v<Dst>) {
    return float_to_integer<Dst>(x);
  } else if constexpr (!kSaturate) {
    return static_cast<Dst>(x);
  } else if constexpr (std::is_floating_point_v<Dst>) {
    constexpr Dst top = std::numeric_limits<Dst>::max();
    return fits<Dst>(x) ? static_cast<Dst>(x) : x < 0 ? -top : top;
  } else {
    using Limits = std::numeric_limits<Dst>;
    return integer_fits<Dst>(x) ? static_cast<Dst>(x) : x < 0 ? Limits::lowest() : Limits::max();
  }
}

template <bool kSaturate, class Src, class Dst>
void convert_loop(const Src* HWY_RESTRICT src, int64_t n, Dst* HWY_RESTRICT dst) {
  for (int64_t i = 0; i < n; ++i) dst[i] = convert_one<kSaturate, Dst>(src[i]);
}

/// Blocks stay in the first-level cache between the check and the conversion.
template <class Src, class Dst>
int64_t convert_checked(const Src* HWY_RESTRICT src, int64_t n, Dst* HWY_RESTRICT dst) {
  constexpr int64_t kBlock = 1024;
  for (int64_t first = 0; first < n; first += kBlock) {
    const int64_t m = n - first < kBlock ? n - first : kBlock;
    const Src* block = src + first;
    unsigned misfits = 0;
    for (int64_t i = 0; i < m; ++i) misfits |= static_cast<unsigned>(!fits<Dst>(block[i]));
    convert_loop<false>(block, m, dst + first);
    if (misfits == 0) continue;
    int64_t i = 0;
    while (fits<Dst>(block[i])) ++i;
    return first + i;
  }
  return -1;
}

template <class Src, class Dst>
int64_t convert_as(const Src* src, int64_t n, Dst* dst, Casting casting) {
  constexpr bool kAlwaysFits = std::is_same_v<Src, Dst> ||
                               (std::is_integral_v<Src> && std::is_floating_point_v<Dst>) ||
                               (std::is_same_v<Src, float> && std::is_same_v<Dst, double>);
  if constexpr (!kAlwaysFits) {
    if (casting == Casting::error) return convert_checked(src, n, dst);
    if (casting == Casting::saturate) {
      convert_loop<true>(src, n, dst);
      return -1;
    }
  }
  convert_loop<false>(src, n, dst);
  return -1;
}

template <Arithmetic kOp, class T>
HWY_INLINE T apply(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if constexpr (kOp == Arithmetic::add) return a + b;
    if constexpr (kOp == Arithmetic::subtract) return a - b;
    if constexpr (kOp == Arithmetic::multiply) return a * b;
    if constexpr (kOp == Arithmetic::divide) return a / b;
  } else {
    // At least unsigned int, so that nothing is promoted to a signed type and overflows.
    using U = std::common_type_t<unsigned, std::make_unsigned_t<T>>;
    const U x = static_cast<U>(a), y = static_cast<U>(b);
    if constexpr (kOp == Arithmetic::add) return static_cast<T>(x + y);
    if constexpr (kOp == Arithmetic::subtract) return static_cast<T>(x - y);
    if constexpr (kOp == Arithmetic::multiply) return static_cast<T>(x * y);
    if constexpr (kOp == Arithmetic::divide) {
      if (b == 0) return 0;
      if (std::is_signed_v<T> && b == static_cast<T>(-1)) return static_cast<T>(U{0} - x);
      return static_cast<T>(a / b);
    }
  }
}

/// Without restrict: `out` may be an operand.
template <Arithmetic kOp, class T>
void arrays_loop(const T* a, const T* b, int64_t n, T* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = apply<kOp>(a[i], b[i]);
}
template <Arithmetic kOp, class T>
void scalar_loop(const T* a, T b, int64_t n, T* out) {
  for (int64_t i = 0; i < n; ++i) out[i] = apply<kOp>(a[i], b);
}

template <class T>
void arrays(Arithmetic op, const T* a, const T* b, int64_t n, T* out) {
  switch (op) {
    case Arithmetic::add:
      return arrays_loop<Arithmetic::add>(a, b, n, out);
    case Arithmetic::subtract:
      return arrays_loop<Arithmetic::subtract>(a, b, n, out);
    case Arithmetic::multiply:
      return arrays_loop<Arithmetic::multiply>(a, b, n, out);
    case Arithmetic::divide:
      return arrays_loop<Arithmetic::divide>(a, b, n, out);
  }
}
template <class T>
void with_scalar(Arithmetic op, const T* a, T b, int64_t n, T* out) {
  switch (op) {
    case Arithmetic::add:
      return scalar_loop<Arithmetic::add>(a, b, n, out);
    case Arithmetic::subtract:
      return scalar_loop<Arithmetic::subtract>(a, b, n, out);
    case Arithmetic::multiply:
      return scalar_loop<Arithmetic::multiply>(a, b, n, out);
    case Arithmetic::divide:
      return scalar_loop<Arithmetic::divide>(a, b, n, out);
  }
}

// One plain function a pair of types: dispatch tables cannot hold templates. The types' names are
// pasted into the function's.
// clang-format off
#define PARFOCAL_TO_ALL(X, Src)                                                 \
  X(Src, uint8_t) X(Src, uint16_t) X(Src, uint32_t) X(Src, uint64_t)            \
  X(Src, int8_t) X(Src, int16_t) X(Src, int32_t) X(Src, int64_t)                \
  X(Src, float) X(Src, double)
#define PARFOCAL_PAIRS(X)                                                       \
  PARFOCAL_TO_ALL(X, uint8_t) PARFOCAL_TO_ALL(X, uint16_t)                      \
  PARFOCAL_TO_ALL(X, uint32_t) PARFOCAL_TO_ALL(X, uint64_t)                     \
  PARFOCAL_TO_ALL(X, int8_t) PARFOCAL_TO_ALL(X, int16_t)                        \
  PARFOCAL_TO_ALL(X, int32_t) PARFOCAL_TO_ALL(X, int64_t)                       \
  PARFOCAL_TO_ALL(X, float) PARFOCAL_TO_ALL(X, double)
#define PARFOCAL_COMPUTED(X)                                                    \
  X(uint8_t) X(uint16_t) X(uint32_t) X(uint64_t)                                \
  X(int8_t) X(int16_t) X(int32_t) X(int64_t) X(float) X(double)
// clang-format on

#define PARFOCAL_TARGET(Src, Dst)                                                       \
  int64_t convert_##Src##_##Dst(const Src* src, int64_t n, Dst* dst, Casting casting) { \
    return convert_as(src, n, dst, casting);                                            \
  }
PARFOCAL_PAIRS(PARFOCAL_TARGET)
#undef PARFOCAL_TARGET
#define PARFOCAL_TARGET(T)                                                    \
  void arrays_##T(Arithmetic op, const T* a, const T* b, int64_t n, T* out) { \
    arrays(op, a, b, n, out);                                                 \
  }                                                                           \
  void scalar_##T(Arithmetic op, const T* a, T b, int64_t n, T* out) {        \
    with_scalar(op, a, b, n, out);                                            \
  }
PARFOCAL_COMPUTED(PARFOCAL_TARGET)
#undef PARFOCAL_TARGET

}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {

#define PARFOCAL_PUBLIC(Src, Dst)                                                            \
  HWY_EXPORT(convert_##Src##_##Dst);                                                         \
  template <>                                                                                \
  int64_t convert<Src, Dst>(const Src* src, int64_t n, Dst* dst, Casting casting) noexcept { \
    return HWY_DYNAMIC_DISPATCH(convert_##Src##_##Dst)(src, n, dst, casting);                \
  }
PARFOCAL_PAIRS(PARFOCAL_PUBLIC)
#undef PARFOCAL_PUBLIC

#define PARFOCAL_PUBLIC(T)                                                                \
  HWY_EXPORT(arrays_##T);                                                                 \
  HWY_EXPORT(scalar_##T);                                                                 \
  template <>                                                                             \
  void arithmetic<T>(Arithmetic op, const T* a, const T* b, int64_t n, T* out) noexcept { \
    HWY_DYNAMIC_DISPATCH(arrays_##T)(op, a, b, n, out);                                   \
  }                                                                                       \
  template <>                                                                             \
  void arithmetic_scalar<T>(Arithmetic op, const T* a, T b, int64_t n, T* out) noexcept { \
    HWY_DYNAMIC_DISPATCH(scalar_##T)(op, a, b, n, out);                                   \
  }
PARFOCAL_COMPUTED(PARFOCAL_PUBLIC)
#undef PARFOCAL_PUBLIC

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
