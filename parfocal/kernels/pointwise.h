#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

/// Conversions between pixel types and element-wise arithmetic, exact in every byte on every SIMD
/// target. All functions are thread-safe and take n = 0.
namespace parfocal::kernels {

/// What convert() does with a value that the target type cannot hold.
enum class Casting : uint8_t {
  wrap,      ///< integers modulo 2^bits (numpy astype); f64 -> f32 gives infinity
  saturate,  ///< the nearest value that fits; f64 -> f32 gives the largest finite number
  error      ///< convert() returns the index of the first such value
};

/// dst[i] = src[i] as Dst. Returns -1, or for Casting::error the index of the first value that does
/// not fit; dst then holds the values before it, the rest of dst is unspecified.
///
/// Src and Dst: uint8_t, uint16_t, uint32_t, uint64_t, int8_t, int16_t, int32_t, int64_t, float,
/// double. src and dst do not overlap.
/// - Float to integer drops the fraction, as numpy's astype does (so -0.9 fits uint8_t as 0). What
///   astype leaves undefined is defined here: in wrap and saturate a value out of range saturates
///   and NaN gives 0; in error both are reported.
/// - Integer to float and f64 to f32 round to nearest even; rounding alone is no error. NaN and
///   infinity fit every float.
template <class Src, class Dst>
int64_t convert(const Src* src, int64_t n, Dst* dst, Casting casting) noexcept;

enum class Arithmetic : uint8_t { add, subtract, multiply, divide };

/// out[i] = a[i] op b[i]. out may be a or b, otherwise arrays do not overlap.
/// T: uint8_t, uint16_t, int32_t, int64_t (modulo 2^bits), float, double (IEEE 754).
/// Integer division drops the fraction, like C; x / 0 is 0 and the lowest value / -1 is itself.
/// Which NaN comes out is unspecified when both operands are different NaNs.
template <class T>
void arithmetic(Arithmetic op, const T* a, const T* b, int64_t n, T* out) noexcept;

/// out[i] = a[i] op b. As arithmetic(); for uint8_t and uint16_t, add and subtract wrap.
template <class T>
void arithmetic_scalar(Arithmetic op, const T* a, T b, int64_t n, T* out) noexcept;

/// out[i] = (Out)a[i] op (Out)b[i] for operands of any two pixel types, e.g. the signed difference
/// of two uint16_t images in int32_t. The caller chooses an Out that holds A, B and the result;
/// what does not fit wraps. out overlaps neither a nor b, unless they have type Out.
/// Out: a type of arithmetic().
template <class Out, class A, class B>
void arithmetic_as(Arithmetic op, const A* a, const B* b, int64_t n, Out* out) noexcept {
  constexpr int64_t kBlock = 512;
  Out left[kBlock], right[kBlock];
  for (int64_t i = 0; i < n; i += kBlock) {
    const int64_t m = std::min(kBlock, n - i);
    const auto as_out = [m](const auto* from, Out* buffer) -> const Out* {
      if constexpr (std::is_same_v<decltype(from), const Out*>) {
        return from;
      } else {
        convert(from, m, buffer, Casting::wrap);
        return buffer;
      }
    };
    arithmetic<Out>(op, as_out(a + i, left), as_out(b + i, right), m, out + i);
  }
}

}  // namespace parfocal::kernels
