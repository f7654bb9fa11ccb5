#include "parfocal/kernels/sums.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "parfocal/kernels/simd_targets.h"

namespace parfocal::kernels {
namespace {

template <class T>
std::vector<T> random_row(int64_t n, unsigned seed = 3) {
  std::mt19937_64 random(seed);
  std::vector<T> row(static_cast<size_t>(n));
  for (T& value : row) {
    if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(std::ldexp(static_cast<double>(random() % 2000003) - 1e6,
                                        static_cast<int>(random() % 40) - 20));
    } else {
      value = static_cast<T>(random());
    }
  }
  return row;
}

template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}
bool same_bytes(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

/// The definition in the header, word for word.
template <class T>
double sum_by_definition(const std::vector<T>& row) {
  double lane[16] = {};
  for (size_t i = 0; i < row.size(); ++i) lane[i % 16] += static_cast<double>(row[i]);
  for (int half : {8, 4, 2, 1}) {
    for (int j = 0; j < half; ++j) lane[j] += lane[j + half];
  }
  return lane[0];
}

const int64_t kLengths[] = {0, 1, 15, 16, 17, 31, 32, 33, 100, 1000};

template <class T>
class SumsOfType : public testing::Test {};
using Numbers = testing::Types<uint8_t, uint16_t, uint32_t, uint64_t, int8_t, int16_t, int32_t,
                               int64_t, float, double>;
TYPED_TEST_SUITE(SumsOfType, Numbers);

TYPED_TEST(SumsOfType, RowSumFollowsItsDefinitionOnEveryTarget) {
  for (const int64_t n : kLengths) {
    const auto row = random_row<TypeParam>(n);
    for_each_simd_target([&](const std::string& target) {
      SCOPED_TRACE(target);
      if constexpr (std::is_floating_point_v<TypeParam>) {
        EXPECT_TRUE(same_bytes(row_sum(row.data(), n), sum_by_definition(row))) << n;
      } else {
        uint64_t sum = 0;
        for (const TypeParam x : row) sum += static_cast<uint64_t>(x);
        EXPECT_EQ(static_cast<uint64_t>(row_sum(row.data(), n)), sum);
      }
    });
  }
}

TYPED_TEST(SumsOfType, SquaredDeviationFollowsTheLanesOnEveryTarget) {
  for (const int64_t n : kLengths) {
    const auto row = random_row<TypeParam>(n);
    std::vector<double> squares;
    for (const TypeParam x : row) {
      const double d = static_cast<double>(x) - 12.3;
      squares.push_back(d * d);
    }
    for_each_simd_target([&](const std::string& target) {
      EXPECT_TRUE(
          same_bytes(row_squared_deviation(row.data(), n, 12.3), sum_by_definition(squares)))
          << target << " " << n;
    });
  }
}

TYPED_TEST(SumsOfType, ExtremesEqualThePlainLoopOnEveryTarget) {
  for (const int64_t n : kLengths) {
    const auto a = random_row<TypeParam>(n, 1), b = random_row<TypeParam>(n, 2);
    std::vector<TypeParam> low(a), high(a);
    for (int64_t i = 0; i < n; ++i) low[i] = std::min(a[i], b[i]);
    for (int64_t i = 0; i < n; ++i) high[i] = std::max(a[i], b[i]);
    for_each_simd_target([&](const std::string& target) {
      SCOPED_TRACE(target);
      std::vector<TypeParam> acc(a);
      min_into(b.data(), n, acc.data());
      EXPECT_EQ(acc, low);
      acc = a;
      max_into(b.data(), n, acc.data());
      EXPECT_EQ(acc, high);
      if (n == 0) return;
      const auto extremes = row_extremes(a.data(), n);
      EXPECT_EQ(extremes.min, *std::min_element(a.begin(), a.end()));
      EXPECT_EQ(extremes.max, *std::max_element(a.begin(), a.end()));
    });
  }
}

TYPED_TEST(SumsOfType, DoublesAndMomentsHaveTheSameBytesOnEveryTarget) {
  constexpr int64_t n = 77, items = 9;
  std::vector<double> sums(n), means(n), m2s(n);
  bool first = true;
  for_each_simd_target([&](const std::string& target) {
    std::vector<double> sum(n), mean(n), m2(n);
    for (int64_t i = 0; i < items; ++i) {
      const auto row = random_row<TypeParam>(n, static_cast<unsigned>(i));
      add_double_into(row.data(), n, sum.data());
      moments_add(row.data(), n, i + 1, mean.data(), m2.data());
    }
    moments_merge(n, items, mean.data(), m2.data(), 3, sum.data(), sum.data());
    if (std::exchange(first, false)) {
      sums = sum, means = mean, m2s = m2;
    }
    EXPECT_TRUE(same_bytes(sum, sums) && same_bytes(mean, means) && same_bytes(m2, m2s)) << target;
  });
}

template <class T>
void expect_exact_squares() {
  const auto row = random_row<T>(100);
  for_each_simd_target([&](const std::string& target) {
    std::vector<uint64_t> acc(100, 5);
    add_squares_into(row.data(), 100, acc.data());
    for (size_t i = 0; i < 100; ++i) {
      ASSERT_EQ(acc[i], 5 + static_cast<uint64_t>(int64_t{row[i]} * row[i])) << target;
    }
  });
}

TEST(Sums, SquaresAreExact) {
  expect_exact_squares<uint8_t>();
  expect_exact_squares<uint16_t>();
  expect_exact_squares<int8_t>();
  expect_exact_squares<int16_t>();
}

template <class T, class A>
void expect_exact_sums() {
  const auto row = random_row<T>(100);
  for_each_simd_target([&](const std::string& target) {
    std::vector<A> acc(100, 7);
    add_into(row.data(), 100, acc.data());
    for (size_t i = 0; i < 100; ++i) {
      const uint64_t sum = 7 + static_cast<uint64_t>(row[i]);
      ASSERT_EQ(acc[i], static_cast<A>(sum)) << target;
    }
  });
}

TEST(Sums, IntegersAreAddedExactly) {
  expect_exact_sums<uint8_t, uint32_t>();
  expect_exact_sums<uint16_t, uint32_t>();
  expect_exact_sums<uint8_t, uint64_t>();
  expect_exact_sums<uint16_t, uint64_t>();
  expect_exact_sums<uint32_t, uint64_t>();
  expect_exact_sums<uint64_t, uint64_t>();
  expect_exact_sums<int8_t, int64_t>();
  expect_exact_sums<int16_t, int64_t>();
  expect_exact_sums<int32_t, int64_t>();
  expect_exact_sums<int64_t, int64_t>();
}

TEST(Sums, MinimumAndMaximumPropagateNanAndOrderTheZeros) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> a{nan, 1, nan, 0.0f, -0.0f, 2, -INFINITY};
  const std::vector<float> b{1, -nan, nan, -0.0f, 0.0f, 3, INFINITY};
  const std::vector<float> low{nan, nan, nan, -0.0f, -0.0f, 2, -INFINITY};
  const std::vector<float> high{nan, nan, nan, 0.0f, 0.0f, 3, INFINITY};
  for_each_simd_target([&](const std::string& target) {
    for (const bool swapped : {false, true}) {
      std::vector<float> acc = swapped ? b : a;
      min_into((swapped ? a : b).data(), 7, acc.data());
      EXPECT_TRUE(same_bytes(acc, low)) << target;
      acc = swapped ? b : a;
      max_into((swapped ? a : b).data(), 7, acc.data());
      EXPECT_TRUE(same_bytes(acc, high)) << target;
    }
    EXPECT_TRUE(std::isnan(row_extremes(a.data(), 7).min));
    EXPECT_TRUE(std::signbit(row_extremes(b.data() + 3, 2).min));
    EXPECT_FALSE(std::signbit(row_extremes(b.data() + 3, 2).max));
  });
}

TEST(Sums, NanInARowGivesTheOneQuietNan) {
  std::vector<float> row(40, 1.0f);
  row[7] = -std::nanf("77");
  row[9] = INFINITY;
  row[25] = -INFINITY;
  for_each_simd_target([&](const std::string& target) {
    EXPECT_TRUE(same_bytes(row_sum(row.data(), 40), std::numeric_limits<double>::quiet_NaN()))
        << target;
  });
}

TEST(Sums, MomentsAgreeWithTheTwoPassFormula) {
  constexpr int64_t items = 500;
  std::vector<double> values;
  double mean = 0, m2 = 0, mean_b = 0, m2_b = 0, sum = 0, squares = 0;
  std::mt19937 random(4);
  for (int64_t i = 0; i < items; ++i) values.push_back(1e6 + static_cast<double>(random() % 1000));
  for (int64_t i = 0; i < 200; ++i) moments_add(&values[i], 1, i + 1, &mean, &m2);
  for (int64_t i = 200; i < items; ++i) moments_add(&values[i], 1, i - 199, &mean_b, &m2_b);
  moments_merge(1, 200, &mean, &m2, 300, &mean_b, &m2_b);
  for (const double v : values) sum += v;
  for (const double v : values) squares += (v - sum / items) * (v - sum / items);
  EXPECT_NEAR(mean, sum / items, 1e-8);
  EXPECT_NEAR(m2 / squares, 1.0, 1e-12);
}

}  // namespace
}  // namespace parfocal::kernels
