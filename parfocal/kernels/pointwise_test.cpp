#include "parfocal/kernels/pointwise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "parfocal/kernels/simd_targets.h"

namespace parfocal::kernels {
namespace {

template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

/// Every type's limits, their neighbours, halves, and random values, as far as T holds them.
template <class T>
std::vector<T> hard_values() {
  std::vector<T> values{T{0}, T{1}, std::numeric_limits<T>::lowest(),
                        std::numeric_limits<T>::max()};
  if constexpr (std::is_floating_point_v<T>) {
    for (const int bits : {7, 8, 15, 16, 31, 32, 63, 64}) {
      for (const T edge : {std::ldexp(T{1}, bits), -std::ldexp(T{1}, bits)}) {
        const T next[] = {edge,
                          edge - 1,
                          edge + 1,
                          edge - T{0.5},
                          edge + T{0.5},
                          std::nextafter(edge, T{0}),
                          std::nextafter(edge, 2 * edge)};
        values.insert(values.end(), std::begin(next), std::end(next));
      }
    }
    const T more[] = {T{-0.0},
                      T{-0.9},
                      T{0.5},
                      T{1.5},
                      T{2.5},
                      T{-1},
                      T(3.5e38),
                      T(-1e300),
                      T(3.4028235e38),
                      std::numeric_limits<T>::infinity(),
                      -std::numeric_limits<T>::infinity(),
                      std::numeric_limits<T>::quiet_NaN()};
    values.insert(values.end(), std::begin(more), std::end(more));
  } else {
    for (int bits = 6; bits < std::numeric_limits<T>::digits; ++bits) {
      const T edge = static_cast<T>(T{1} << bits);
      for (const T v : {edge, static_cast<T>(edge - 1), static_cast<T>(edge + 1)}) {
        values.push_back(v);
        values.push_back(static_cast<T>(~v));
      }
    }
  }
  std::mt19937_64 random(6);
  while (values.size() < 333) values.push_back(static_cast<T>(random() >> random() % 60));
  return values;
}

/// The same rules, written with long double, whose 64 bits of mantissa hold every pixel type.
template <class Dst, class Src>
bool reference_fits(Src x) {
  using Limits = std::numeric_limits<Dst>;
  const auto wide = static_cast<long double>(x);
  if constexpr (std::is_floating_point_v<Dst>) {
    return !std::isfinite(wide) || std::isfinite(static_cast<Dst>(x));
  } else {
    const long double whole = std::trunc(wide);
    return whole >= static_cast<long double>(Limits::lowest()) &&
           whole <= static_cast<long double>(Limits::max());
  }
}

template <class Dst, class Src>
Dst reference(Src x, Casting casting) {
  using Limits = std::numeric_limits<Dst>;
  constexpr bool kFloatToInteger = std::is_floating_point_v<Src> && std::is_integral_v<Dst>;
  if (reference_fits<Dst>(x)) return static_cast<Dst>(x);
  if (!kFloatToInteger && casting == Casting::wrap) return static_cast<Dst>(x);
  if (x != x) return Dst{0};
  return x < Src{0} ? Limits::lowest() : Limits::max();
}

template <class Src, class Dst>
void check_pair() {
  const auto src = hard_values<Src>();
  const auto n = static_cast<int64_t>(src.size());
  for (const Casting casting : {Casting::wrap, Casting::saturate}) {
    std::vector<Dst> expected;
    for (const Src x : src) expected.push_back(reference<Dst>(x, casting));
    for_each_simd_target([&](const std::string& target) {
      std::vector<Dst> dst(src.size());
      EXPECT_EQ(convert(src.data(), n, dst.data(), casting), -1);
      for (size_t i = 0; i < src.size(); ++i) {
        ASSERT_EQ(std::memcmp(&dst[i], &expected[i], sizeof(Dst)), 0)
            << target << ": " << +src[i] << " gives " << +dst[i] << ", not " << +expected[i];
      }
    });
  }
  std::vector<Src> fitting;
  for (const Src x : src) {
    if (reference_fits<Dst>(x)) fitting.push_back(x);
  }
  for (const Src misfit : src) {
    if (reference_fits<Dst>(misfit)) continue;
    std::vector<Src> row(1500, Src{1});
    std::copy(fitting.begin(), fitting.end(), row.begin());
    row[1200] = row[1400] = misfit;
    std::vector<Dst> dst(row.size());
    ASSERT_EQ(convert(row.data(), 1500, dst.data(), Casting::error), 1200) << +misfit;
    ASSERT_EQ(convert(row.data(), 1200, dst.data(), Casting::error), -1);
  }
}

template <class T>
class ConvertFrom : public testing::Test {};
using Numbers = testing::Types<uint8_t, uint16_t, uint32_t, uint64_t, int8_t, int16_t, int32_t,
                               int64_t, float, double>;
TYPED_TEST_SUITE(ConvertFrom, Numbers);

TYPED_TEST(ConvertFrom, EqualsTheReferenceForEveryTargetTypeAndCasting) {
  check_pair<TypeParam, uint8_t>();
  check_pair<TypeParam, uint16_t>();
  check_pair<TypeParam, uint32_t>();
  check_pair<TypeParam, uint64_t>();
  check_pair<TypeParam, int8_t>();
  check_pair<TypeParam, int16_t>();
  check_pair<TypeParam, int32_t>();
  check_pair<TypeParam, int64_t>();
  check_pair<TypeParam, float>();
  check_pair<TypeParam, double>();
}

template <class T>
T apply(Arithmetic op, T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    const auto x = static_cast<__int128>(a), y = static_cast<__int128>(b);
    switch (op) {
      case Arithmetic::add:
        return static_cast<T>(x + y);
      case Arithmetic::subtract:
        return static_cast<T>(x - y);
      case Arithmetic::multiply:
        return static_cast<T>(x * y);
      case Arithmetic::divide:
        return y == 0 ? T{0} : static_cast<T>(x / y);
    }
  } else {
    switch (op) {
      case Arithmetic::add:
        return a + b;
      case Arithmetic::subtract:
        return a - b;
      case Arithmetic::multiply:
        return a * b;
      case Arithmetic::divide:
        return a / b;
    }
  }
  return T{};
}

template <class T>
class ArithmeticOn : public testing::Test {};
using Computed = Numbers;
TYPED_TEST_SUITE(ArithmeticOn, Computed);

TYPED_TEST(ArithmeticOn, EqualsTheReferenceAlsoInPlaceAndWithAScalar) {
  using T = TypeParam;
  auto a = hard_values<T>();
  const auto n = static_cast<int64_t>(a.size());
  for (T& x : a) {
    if (x != x) x = T{2};  // two NaNs: which one comes out is unspecified
  }
  std::vector<T> b(a.rbegin(), a.rend());
  for (const Arithmetic op :
       {Arithmetic::add, Arithmetic::subtract, Arithmetic::multiply, Arithmetic::divide}) {
    for_each_simd_target([&](const std::string& target) {
      SCOPED_TRACE(target);
      std::vector<T> out(a.size()), left(a), right(b), expected;
      for (size_t i = 0; i < a.size(); ++i) expected.push_back(apply(op, a[i], b[i]));
      arithmetic(op, a.data(), b.data(), n, out.data());
      arithmetic(op, left.data(), b.data(), n, left.data());
      arithmetic(op, a.data(), right.data(), n, right.data());
      EXPECT_TRUE(same_bytes(out, expected));
      EXPECT_TRUE(same_bytes(left, expected));
      EXPECT_TRUE(same_bytes(right, expected));
      for (const T scalar : {T{0}, T{3}, static_cast<T>(-1), std::numeric_limits<T>::max()}) {
        for (size_t i = 0; i < a.size(); ++i) expected[i] = apply(op, a[i], scalar);
        arithmetic_scalar(op, a.data(), scalar, n, out.data());
        EXPECT_TRUE(same_bytes(out, expected));
      }
    });
  }
}

TEST(Convert, FollowsNumpyWhereNumpyIsDefined) {
  const float src[] = {-0.9f, 255.9f, 2.5f};
  uint8_t dst[3];
  EXPECT_EQ(convert(src, 3, dst, Casting::error), -1);
  EXPECT_EQ(dst[0], 0);
  EXPECT_EQ(dst[1], 255);
  EXPECT_EQ(dst[2], 2);
  const int32_t wide[] = {-1, 256};
  EXPECT_EQ(convert(wide, 2, dst, Casting::wrap), -1);
  EXPECT_EQ(dst[0], 255);
  EXPECT_EQ(dst[1], 0);
}

}  // namespace
}  // namespace parfocal::kernels
