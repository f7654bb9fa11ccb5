#pragma once

#include <cstdint>

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
/// T: integers of 8 to 64 bits (modulo 2^bits), float, double (IEEE 754).
/// Integer division drops the fraction, like C; x / 0 is 0 and the lowest value / -1 is itself.
/// Which NaN comes out is unspecified when both operands are different NaNs.
template <class T>
void arithmetic(Arithmetic op, const T* a, const T* b, int64_t n, T* out) noexcept;

/// out[i] = a[i] op b. As arithmetic().
template <class T>
void arithmetic_scalar(Arithmetic op, const T* a, T b, int64_t n, T* out) noexcept;

}  // namespace parfocal::kernels
