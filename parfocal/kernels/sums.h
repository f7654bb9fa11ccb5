#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

/// Sums whose order never changes (rule R of docs/design.md), and the element-wise steps that
/// per-pixel statistics are made of. Results are equal in every byte on every SIMD target.
///
/// Arrays of one call do not overlap. All functions are thread-safe and take n = 0.
namespace parfocal::kernels {

// --- Integers: exact, so any order gives the same. The caller checks at plan time that nothing
// overflows; the limits are stated.

/// acc[i] += src[i]. Pairs (T, A): uint8_t, uint16_t into uint32_t (2^24 and 2^16 items at least);
/// uint8_t ... uint64_t into uint64_t; int8_t ... int64_t into int64_t (2^32 items of 32 bits).
template <class T, class A>
void add_into(const T* src, int64_t n, A* acc) noexcept;

/// acc[i] += src[i]^2. T: uint8_t, int8_t (2^48 items), uint16_t, int16_t (2^32 items).
/// Wider integers would need 128 bits: use moments in double for them.
template <class T>
void add_squares_into(const T* src, int64_t n, uint64_t* acc) noexcept;

template <class T>
using row_sum_t = std::conditional_t<std::is_floating_point_v<T>, double,
                                     std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>;

/// Sum of a row. Integers: exact, modulo 2^64. Floats: in double, in 16 lanes that start from +0;
/// lane j adds elements j, j + 16, j + 32, ...; then lane j adds lane j + 8 for j < 8, j + 4 for
/// j < 4, j + 2, j + 1. A NaN comes out as the one quiet NaN.
/// T: all integers of 8 to 64 bits, float, double. Rows are combined by a RadixTree over the rows.
template <class T>
row_sum_t<T> row_sum(const T* src, int64_t n) noexcept;

/// Sum of (src[i] - mean)^2 in double, in the 16 lanes of row_sum(). T: as row_sum().
template <class T>
double row_squared_deviation(const T* src, int64_t n, double mean) noexcept;

// --- Minimum and maximum. NaN propagates as in numpy.minimum, as the one quiet NaN; -0 counts as
// less than +0: so the order of the items cannot be seen in the result.
// T: all integers of 8 to 64 bits, float, double.

template <class T>
void min_into(const T* src, int64_t n, T* acc) noexcept;
template <class T>
void max_into(const T* src, int64_t n, T* acc) noexcept;

template <class T>
struct Extremes {
  T min, max;
};
/// \pre n > 0
template <class T>
Extremes<T> row_extremes(const T* src, int64_t n) noexcept;

// --- Floats: one step of an order that the caller fixes, in general a RadixTree.

/// acc[i] += (double)src[i]. T: all integers of 8 to 64 bits, float, double.
template <class T>
void add_double_into(const T* src, int64_t n, double* acc) noexcept;
template <>  // declared for SumNode below
void add_double_into<double>(const double* src, int64_t n, double* acc) noexcept;

/// Welford's step: takes src as the `count`-th item (1-based) of every pixel:
///     delta = x - mean;  mean += delta * (1 / count);  m2 += delta * (x - mean)
/// with 1 / count rounded once. T: as add_double_into().
/// \source Welford, Technometrics 1962, 4:419
template <class T>
void moments_add(const T* src, int64_t n, int64_t count, double* mean, double* m2) noexcept;

/// Chan's merge of (from_count, from_mean, from_m2) into (count, mean, m2):
///     delta = from_mean - mean;  mean += delta * (from_count / total)
///     m2 = (m2 + from_m2) + (delta * delta) * (count * from_count / total)
/// An empty side changes no byte of the other one.
/// \source Chan, Golub, LeVeque, Technical Report STAN-CS-79-773, 1979
void moments_merge(int64_t n, int64_t count, double* mean, double* m2, int64_t from_count,
                   const double* from_mean, const double* from_m2) noexcept;

// --- Nodes for RadixTree.

/// n sums in double.
struct SumNode {
  int64_t n = 0;

  static double* sums(std::byte* node) noexcept { return reinterpret_cast<double*>(node); }
  static const double* sums(const std::byte* node) noexcept {
    return reinterpret_cast<const double*>(node);
  }
  size_t node_bytes() const noexcept { return static_cast<size_t>(n) * sizeof(double); }
  void clear(std::byte* node) const noexcept { std::memset(node, 0, node_bytes()); }
  void merge(std::byte* into, const std::byte* from) const noexcept {
    add_double_into(sums(from), n, sums(into));
  }
  template <class T>
  void add(std::byte* node, const T* item) const noexcept {
    add_double_into(item, n, sums(node));
  }
};

/// Count, n means and n sums of squared deviations (m2); the variance is m2 / (count - ddof).
struct MomentsNode {
  int64_t n = 0;

  static int64_t& count(std::byte* node) noexcept { return *reinterpret_cast<int64_t*>(node); }
  static int64_t count(const std::byte* node) noexcept {
    return *reinterpret_cast<const int64_t*>(node);
  }
  static double* mean(std::byte* node) noexcept { return reinterpret_cast<double*>(node) + 1; }
  static const double* mean(const std::byte* node) noexcept {
    return reinterpret_cast<const double*>(node) + 1;
  }
  double* m2(std::byte* node) const noexcept { return mean(node) + n; }
  const double* m2(const std::byte* node) const noexcept { return mean(node) + n; }

  size_t node_bytes() const noexcept { return (2 * static_cast<size_t>(n) + 1) * sizeof(double); }
  void clear(std::byte* node) const noexcept { std::memset(node, 0, node_bytes()); }
  void merge(std::byte* into, const std::byte* from) const noexcept {
    moments_merge(n, count(into), mean(into), m2(into), count(from), mean(from), m2(from));
    count(into) += count(from);
  }
  template <class T>
  void add(std::byte* node, const T* item) const noexcept {
    moments_add(item, n, ++count(node), mean(node), m2(node));
  }
};

}  // namespace parfocal::kernels
