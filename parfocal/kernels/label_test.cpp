#include "parfocal/kernels/label.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "parfocal/kernels/simd_targets.h"
#include "parfocal/kernels/test_scratch.h"

namespace parfocal::kernels {
namespace {

using Bytes = std::vector<uint8_t>;

std::vector<uint32_t> by_flood_fill(const Bytes& mask, int64_t width, int64_t height, bool eight,
                                    uint32_t& objects) {
  std::vector<uint32_t> labels(mask.size());
  objects = 0;
  for (int64_t start = 0; start < width * height; ++start) {
    if (mask[start] == 0 || labels[start] != 0) continue;
    labels[start] = ++objects;
    std::vector<int64_t> open = {start};
    while (!open.empty()) {
      const int64_t x = open.back() % width;
      const int64_t y = open.back() / width;
      open.pop_back();
      for (int64_t v = std::max<int64_t>(0, y - 1); v <= std::min(height - 1, y + 1); ++v) {
        for (int64_t u = std::max<int64_t>(0, x - 1); u <= std::min(width - 1, x + 1); ++u) {
          const int64_t at = v * width + u;
          if ((!eight && u != x && v != y) || mask[at] == 0 || labels[at] != 0) continue;
          labels[at] = objects;
          open.push_back(at);
        }
      }
    }
  }
  return labels;
}

void expect_flood_fill(const Bytes& mask, int64_t width, int64_t height) {
  for (const Connectivity connectivity : {Connectivity::four, Connectivity::eight}) {
    uint32_t expected_objects = 0;
    const auto expected =
        by_flood_fill(mask, width, height, connectivity == Connectivity::eight, expected_objects);
    TestScratch scratch(label_scratch_bytes(width, height, connectivity));
    std::vector<uint32_t> labels(mask.size(), 77);
    const uint32_t objects = label({mask.data(), width, height, width}, connectivity,
                                   {labels.data(), width, height, width}, scratch.data());
    ASSERT_EQ(objects, expected_objects) << width << 'x' << height;
    ASSERT_EQ(labels, expected) << width << 'x' << height;
  }
}

TEST(Label, NumbersObjectsInRasterOrderForEveryWidthOnEveryTarget) {
  for_each_simd_target([](const std::string&) {
    std::mt19937 random(1);
    for (int64_t width = 1; width <= 130; ++width) {
      for (const unsigned percent : {15u, 40u, 60u, 85u}) {
        const int64_t height = 1 + static_cast<int64_t>(random() % 24);
        Bytes mask(static_cast<size_t>(width * height));
        for (uint8_t& byte : mask) byte = random() % 100 < percent ? 255 : 0;
        expect_flood_fill(mask, width, height);
      }
    }
  });
}

TEST(Label, FitsItsScratchOnTheWorstMasks) {
  for (int64_t width = 1; width <= 9; ++width) {
    for (int64_t height = 1; height <= 9; ++height) {
      Bytes dots(static_cast<size_t>(width * height));
      Bytes checkers(dots.size());
      Bytes full(dots.size(), 1);
      Bytes comb(dots.size());
      for (int64_t i = 0; i < width * height; ++i) {
        const int64_t x = i % width;
        const int64_t y = i / width;
        dots[i] = x % 2 == 0 && y % 2 == 0;
        checkers[i] = (x + y) % 2 == 0;
        comb[i] = x % 2 == 0 || y == height - 1;
      }
      for (const Bytes& mask : {dots, checkers, full, comb}) expect_flood_fill(mask, width, height);
    }
  }
}

TEST(Label, JoinsTheArmsOfASpiral) {
  const Bytes mask = {1, 1, 1, 1, 1,  //
                      1, 0, 0, 0, 1,  //
                      1, 0, 1, 0, 1,  //
                      1, 0, 1, 1, 1,  //
                      0, 0, 0, 0, 0,  //
                      1, 0, 1, 0, 1};
  expect_flood_fill(mask, 5, 6);
}

TEST(Label, FindsNothingInAnEmptyImage) {
  TestScratch scratch(label_scratch_bytes(0, 0, Connectivity::eight));
  EXPECT_EQ(label({}, Connectivity::eight, {}, scratch.data()), 0u);
}

TEST(Label, RespectsStrides) {
  const Bytes mask = {1, 0, 9, 0, 1, 9};
  std::vector<uint32_t> labels(8, 5);
  TestScratch scratch(label_scratch_bytes(2, 2, Connectivity::four));
  EXPECT_EQ(
      label({mask.data(), 2, 2, 3}, Connectivity::four, {labels.data(), 2, 2, 4}, scratch.data()),
      2u);
  EXPECT_EQ(labels, (std::vector<uint32_t>{1, 0, 5, 5, 0, 2, 5, 5}));
}

}  // namespace
}  // namespace parfocal::kernels
