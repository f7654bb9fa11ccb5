#pragma once
/// Integer sums and variances, exact in any order, and minima and maxima of every type.

#include <bit>
#include <cmath>
#include <cstring>

#include "parfocal/kernels/sums.h"
#include "parfocal/operators/reduce/accumulator.h"

namespace parfocal::reduction {

__extension__ using U128 = unsigned __int128;

/// Items of `item_pixels` values up to `largest` that a sum up to `capacity` holds.
inline int64_t items_that_fit(uint64_t capacity, uint64_t largest, int64_t item_pixels) {
  const uint64_t items =
      capacity / largest / static_cast<uint64_t>(std::max<int64_t>(1, item_pixels));
  return static_cast<int64_t>(std::min<uint64_t>(items, INT64_MAX));
}
/// The largest magnitude of a T.
template <class T>
constexpr uint64_t largest_magnitude() {
  return static_cast<uint64_t>(std::numeric_limits<T>::max()) + (std::is_signed_v<T> ? 1 : 0);
}

/// sum / n with one rounding, also where the sum has more digits than a double.
inline double quotient(uint64_t sum, uint64_t n) {
  constexpr uint64_t kExact = uint64_t{1} << 53;
  if (sum <= kExact && n <= kExact) return static_cast<double>(sum) / static_cast<double>(n);
  // At least 61 digits, and the last one tells of all that follow: the conversion rounds once.
  const int shift =
      std::max(0, 61 - static_cast<int>(std::bit_width(sum)) + static_cast<int>(std::bit_width(n)));
  const U128 wide = U128{sum} << shift;
  const auto whole = static_cast<uint64_t>(wide / n);
  return std::ldexp(static_cast<double>(whole | (wide % n != 0 ? 1U : 0U)), -shift);
}

/// Sum or mean of integers T in A (uint32_t, uint64_t or int64_t). `weight`: pixels behind one
/// added value, by which a mean divides, and which the limit counts.
template <class T, class A>
class ExactSum final : public Accumulator {
 public:
  ExactSum(How how, int64_t weight, int64_t most_items)
      : how_(how), weight_(weight), most_items_(most_items) {}
  int64_t most_items() const override { return most_items_; }
  int64_t state_bytes(int64_t pixels) const override { return pixels * int64_t{sizeof(A)}; }
  void init(std::span<std::byte> state, int64_t pixels) const override {
    std::memset(state.data(), 0, static_cast<size_t>(state_bytes(pixels)));
  }
  bool add(std::span<std::byte> state, const View& item, int64_t, int64_t) const override {
    A* sums = reinterpret_cast<A*>(state.data());
    for_each_piece<T>(item, [&](const T* from, int64_t offset, int64_t n) {
      kernels::add_into(from, n, sums + offset);
    });
    return true;
  }
  bool combine(std::span<std::byte> state, std::span<const std::byte> later, int64_t pixels,
               int64_t) const override {
    A* sums = reinterpret_cast<A*>(state.data());
    const A* more = reinterpret_cast<const A*>(later.data());
    for (int64_t i = 0; i < pixels; ++i) sums[i] += more[i];
    return true;
  }
  void finish(std::span<std::byte> state, int64_t, int64_t count,
              const MutableView& out) const override {
    const A* sums = reinterpret_cast<const A*>(state.data());
    if (how_ == How::sum) {
      using Sum = std::conditional_t<std::is_signed_v<A>, int64_t, uint64_t>;
      return write_results<Sum>(out, [&](int64_t i) { return sums[i]; });
    }
    const auto n = static_cast<uint64_t>(count) * static_cast<uint64_t>(weight_);
    write_real(out, [&](int64_t i) {
      const bool negative = std::is_signed_v<A> && sums[i] < 0;
      const auto bits = static_cast<uint64_t>(sums[i]);
      const double mean = quotient(negative ? 0 - bits : bits, n);
      return negative ? -mean : mean;
    });
  }

 private:
  How how_;
  int64_t weight_, most_items_;
};

/// Variance (population) or standard deviation of integers of at most 16 bits:
/// (n S2 - S1^2) / n^2 with an exact numerator of 128 bits.
template <class T>
class ExactMoments final : public Accumulator {
 public:
  explicit ExactMoments(const Task& task) : task_(task) {}
  int64_t most_items() const override {
    const uint64_t square = largest_magnitude<T>() * largest_magnitude<T>();
    return items_that_fit(INT64_MAX, square, task_.item_pixels);
  }
  int64_t state_bytes(int64_t pixels) const override { return pixels * 16; }
  void init(std::span<std::byte> state, int64_t pixels) const override {
    std::memset(state.data(), 0, static_cast<size_t>(state_bytes(pixels)));
  }
  bool add(std::span<std::byte> state, const View& item, int64_t, int64_t) const override {
    Sum* sums = reinterpret_cast<Sum*>(state.data());
    if (task_.within_items) {
      uint64_t* squares = reinterpret_cast<uint64_t*>(sums + 1);
      for_each_piece<T>(item, [&](const T* from, int64_t, int64_t n) {
        *sums += kernels::row_sum(from, n);
        for (int64_t i = 0; i < n; ++i) *squares += square_of(from[i]);
      });
      return true;
    }
    uint64_t* squares = reinterpret_cast<uint64_t*>(sums + item.region.count());
    for_each_piece<T>(item, [&](const T* from, int64_t offset, int64_t n) {
      kernels::add_into(from, n, sums + offset);
      kernels::add_squares_into(from, n, squares + offset);
    });
    return true;
  }
  bool combine(std::span<std::byte> state, std::span<const std::byte> later, int64_t pixels,
               int64_t) const override {
    uint64_t* sums = reinterpret_cast<uint64_t*>(state.data());  // signed sums: the same bits
    const uint64_t* more = reinterpret_cast<const uint64_t*>(later.data());
    for (int64_t i = 0; i < 2 * pixels; ++i) sums[i] += more[i];
    return true;
  }
  void finish(std::span<std::byte> state, int64_t pixels, int64_t count,
              const MutableView& out) const override {
    const Sum* sums = reinterpret_cast<const Sum*>(state.data());
    const uint64_t* squares = reinterpret_cast<const uint64_t*>(sums + pixels);
    const auto n = static_cast<uint64_t>(count * task_.item_pixels);
    const double n_squared = static_cast<double>(n) * static_cast<double>(n);
    write_real(out, [&](int64_t i) {
      const uint64_t s1 =
          sums[i] < 0 ? 0 - static_cast<uint64_t>(sums[i]) : static_cast<uint64_t>(sums[i]);
      const U128 numerator = U128{n} * squares[i] - U128{s1} * s1;
      const double variance = static_cast<double>(numerator) / n_squared;
      return task_.how == How::std ? std::sqrt(variance) : variance;
    });
  }

 private:
  using Sum = std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>;
  static uint64_t square_of(T value) {
    const int64_t wide = value;
    return static_cast<uint64_t>(wide * wide);
  }
  Task task_;
};

/// Minimum or maximum; NaN propagates.
template <class T>
class Extreme final : public Accumulator {
 public:
  explicit Extreme(How how) : max_(how == How::max) {}
  int64_t state_bytes(int64_t pixels) const override {
    return (pixels * int64_t{sizeof(T)} + 7) / 8 * 8;
  }
  void init(std::span<std::byte>, int64_t) const override {}  // the first item initialises
  bool add(std::span<std::byte> state, const View& item, int64_t, int64_t count) const override {
    T* best = reinterpret_cast<T*>(state.data());
    for_each_piece<T>(item, [&](const T* from, int64_t offset, int64_t n) {
      if (count == 0) std::memcpy(best + offset, from, static_cast<size_t>(n) * sizeof(T));
      take(from, n, best + offset);
    });
    return true;
  }
  bool combine(std::span<std::byte> state, std::span<const std::byte> later, int64_t pixels,
               int64_t count) const override {
    T* best = reinterpret_cast<T*>(state.data());
    const T* more = reinterpret_cast<const T*>(later.data());
    if (count == 0) std::memcpy(best, more, static_cast<size_t>(pixels) * sizeof(T));
    take(more, pixels, best);
    return true;
  }
  void finish(std::span<std::byte> state, int64_t, int64_t, const MutableView& out) const override {
    const T* best = reinterpret_cast<const T*>(state.data());
    write_results<T>(out, [&](int64_t i) { return best[i]; });
  }

 private:
  void take(const T* from, int64_t n, T* best) const {
    if (max_)
      kernels::max_into(from, n, best);
    else
      kernels::min_into(from, n, best);
  }
  bool max_;
};

}  // namespace parfocal::reduction
