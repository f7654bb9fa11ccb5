// Backgrounds of a synthetic series beside the numbers that dcnum 0.31.0 gave for it.

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "parfocal/operators/background/frames.h"
#include "parfocal/operators/background/test_md5.h"
#include "parfocal/operators/background/test_plain.h"
#include "test_places.h"

namespace parfocal::background {
namespace {

const std::string kGolden =
    std::string(PARFOCAL_SHARED_DIR) + "/data/dcnum/golden/sparsemed_golden.json";
constexpr int64_t kFrames = 3000, kHeight = 48, kWidth = 64;

nlohmann::json golden() {
  std::ifstream file(kGolden);
  return nlohmann::json::parse(file);
}

uint64_t splitmix64(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}
bool in_cell(int64_t t, int64_t y, int64_t x) {
  if (1000 <= t && t < 1160 && 20 <= y && y < 28 && 10 <= x && x < 54) return (t + x) % 4 != 0;
  if (2200 <= t && t < 2290 && 24 <= y && y < 30 && 5 <= x && x < 40) return (t + x) % 3 != 0;
  return false;
}
uint8_t synthetic_pixel(int64_t t, int64_t y, int64_t x, int64_t flash) {
  const auto noise = static_cast<int64_t>(
      splitmix64(static_cast<uint64_t>((t * kHeight + y) * kWidth + x)) >> 56 & 7);
  return static_cast<uint8_t>(120 + (3 * x + 5 * y) % 13 + noise + flash + t / 500 -
                              (in_cell(t, y, x) ? 40 : 0));
}
const TestSeries<uint8_t>& synthetic() {
  static const TestSeries<uint8_t> series = [] {
    TestSeries<uint8_t> made{kHeight, kWidth, {}, {}, {}};
    for (int64_t t = 0; t < kFrames; ++t) {
      const int64_t flash = splitmix64(static_cast<uint64_t>(1'000'000'000 + t)) % 50 == 0 ? 6 : 0;
      std::vector<uint8_t>& image = made.images.emplace_back();
      for (int64_t y = 0; y < kHeight; ++y)
        for (int64_t x = 0; x < kWidth; ++x) image.push_back(synthetic_pixel(t, y, x, flash));
      made.times.push_back(0.01 * static_cast<double>(t) + 0.0001 * static_cast<double>(t % 7));
    }
    return made;
  }();
  return series;
}

class BackgroundGolden : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kGolden)) GTEST_SKIP() << "no golden numbers at " << kGolden;
  }
};

TEST_F(BackgroundGolden, StandsOnTheSameSeries) {
  std::vector<uint8_t> all;
  for (const auto& image : synthetic().images) all.insert(all.end(), image.begin(), image.end());
  EXPECT_EQ(md5_hex_of(all), golden()["synthetic"]["md5_images_uint8_C"]);
  EXPECT_NEAR(std::accumulate(synthetic().times.begin(), synthetic().times.end(), 0.0),
              golden()["synthetic"]["time_sum"], 1e-6);
}

std::string step_of(const nlohmann::json& kwargs) {
  std::string text = "{op: background_series";
  for (const auto& [name, value] : kwargs.items()) text += ", " + name + ": " + value.dump();
  return text + "}";
}

std::vector<int64_t> removed_steps(const std::vector<int64_t>& kept, int64_t steps) {
  std::vector<int64_t> removed;
  for (int64_t i = 0; i < steps; ++i)
    if (std::find(kept.begin(), kept.end(), i) == kept.end()) removed.push_back(i);
  return removed;
}

// Some cases tell only some of the numbers.
void check_case(const nlohmann::json& expected) {
  const SeriesResult<uint8_t> got(run_on(step_of(expected["kwargs"]), synthetic()));
  ASSERT_EQ(got.failure, "");
  ASSERT_EQ(static_cast<int64_t>(got.step.size()), expected["n_kept"].get<int64_t>());
  if (expected.contains("removed")) {
    EXPECT_EQ(removed_steps(got.step, expected["n_steps"]),
              expected["removed"].get<std::vector<int64_t>>());
  }
  std::vector<uint8_t> kept = got.backgrounds;
  kept.resize(got.step.size() * kHeight * kWidth);
  EXPECT_EQ(md5_hex_of(kept), expected["md5_kept_bg"]);
  EXPECT_EQ(md5_hex_of(got.index), expected["md5_bg_idx_int64_le"]);
  if (expected.contains("bg_off_sum")) {
    EXPECT_EQ(pairwise_sum(got.offset), expected["bg_off_sum"].get<double>());
  }
  if (!expected.contains("bg_off")) return;
  const auto& offsets = expected["bg_off"];
  if (offsets.is_null()) {
    EXPECT_EQ(got.offset, std::vector<double>(kFrames, 0));
    return;
  }
  EXPECT_EQ(pairwise_sum(got.offset), offsets["sum"].get<double>());
  for (size_t j = 0; j < 3; ++j) EXPECT_EQ(got.offset[j], offsets["first3"][j].get<double>());
}

TEST_F(BackgroundGolden, SparseMedianEqualsEveryCase) {
  const auto cases = golden()["synthetic"]["cases"];
  ASSERT_EQ(cases.size(), 11u);
  for (const auto& expected : cases) {
    SCOPED_TRACE(expected["ppid"].get<std::string>());
    check_case(expected);
  }
}

TEST_F(BackgroundGolden, CleansingEqualsEveryIntermediateNumber) {
  const auto expected = golden()["synthetic"]["intermediate_k100"];
  const RowRange rows = centre_rows(kHeight);
  EXPECT_EQ(rows, (RowRange{expected["rows"][0], expected["rows"][1]}));
  const SeriesResult<uint8_t> got(
      run_on("{op: background_series, kernel_size: 100, frac_cleansing: 1}", synthetic()));
  const size_t n = got.step.size();
  std::vector<uint16_t> profiles(n * static_cast<size_t>(rows.count()));
  for (size_t i = 0; i < n; ++i)
    row_ranges(got.backgrounds.data() + i * kHeight * kWidth, kWidth, rows.begin,
               std::span(profiles).subspan(i * static_cast<size_t>(rows.count()),
                                           static_cast<size_t>(rows.count())));
  std::vector<double> centres(n), reference(n), spare(n), x(n);
  profile_centres(profiles, rows.count(), centres, spare);
  median_filter_10(centres, x);
  for (size_t i = 0; i < n; ++i) x[i] = centres[i] - x[i];
  deviations(centres, reference, spare);
  EXPECT_EQ(centres, expected["center"].get<std::vector<double>>());
  EXPECT_EQ(x, expected["x"].get<std::vector<double>>());
  EXPECT_EQ(reference, expected["ref"].get<std::vector<double>>());
  const double variance = population_variance(reference, spare);
  EXPECT_EQ(variance, expected["var_ref"].get<double>());
  EXPECT_EQ(variance * 150, expected["thresh_fact"].get<double>());
  std::sort(reference.begin(), reference.end());
  EXPECT_EQ(quantile(reference, 0.8), expected["quantile_0_8"].get<double>());
}

TEST_F(BackgroundGolden, RollingMedianEqualsBothCases) {
  const auto cases = golden()["synthetic_rollmed"];
  for (const auto& [kernel, expected] : {std::pair{100, cases[0]}, {10, cases[1]}}) {
    const auto outcome = run_on(
        fmt::format("{{op: background_rolling_median, kernel_size: {}}}", kernel), synthetic());
    std::vector<uint8_t> all;
    for (const auto& item : outcome.ports[0]) {
      const auto image = conformance::pixels_of<uint8_t>(item);
      all.insert(all.end(), image.begin(), image.end());
    }
    EXPECT_EQ(md5_hex_of(all), expected["md5"]) << expected["ppid"];
  }
}

TEST_F(BackgroundGolden, FallBackAndCleansingAreTold) {
  Told told;
  run_on("{op: background_series, kernel_size: 100, thresh_cleansing: 1e5}", synthetic(), true,
         &told);
  EXPECT_TRUE(told.has("70.0% of the backgrounds would be removed"));
  EXPECT_TRUE(told.has("cleansed 13.33% (4 of 30 backgrounds)"));
}

}  // namespace
}  // namespace parfocal::background
