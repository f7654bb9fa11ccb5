// The kernels between a frame and its objects: comparison, box, border, holes.

#include <gtest/gtest.h>

#include <limits>

#include "parfocal/kernels/below_background.h"
#include "parfocal/kernels/bounding_box.h"
#include "parfocal/kernels/clear_border.h"
#include "parfocal/kernels/fill_holes.h"
#include "parfocal/kernels/label.h"
#include "parfocal/kernels/test_masks.h"
#include "parfocal/kernels/test_scratch.h"

namespace parfocal::kernels {
namespace {

TEST(GreatestBelow, IsTheLastIntegerForWhichTheComparisonHolds) {
  for (const double offset : {0.0, 0.1, -0.3795, 2.5, -7.0, 1e-17, 100.25, 0.3, 5.000000001})
    for (const double threshold : {-6.0, -0.5, -6.1, -1e-9, -20.75}) {
      const int32_t d = greatest_below(threshold, offset);
      EXPECT_TRUE(d - offset < threshold);
      EXPECT_FALSE(d + 1 - offset < threshold);
    }
  EXPECT_EQ(greatest_below(-6, NAN), -70000);
  EXPECT_EQ(greatest_below(-6, 1e300), 70000);
  EXPECT_EQ(greatest_below(-6, -1e300), -70000);
}

template <class T>
void expect_comparison(std::vector<T> image, std::vector<T> below) {
  const auto n = static_cast<int64_t>(image.size());
  for (const int32_t limit :
       {-70000, -65535, -256, -255, -7, -1, 0, 1, 8, 254, 255, 65535, 70000}) {
    std::vector<uint8_t> mask(image.size(), 9);
    at_most_above<T>({image.data(), n, 1, n}, {below.data(), n, 1, n}, limit,
                     {mask.data(), n, 1, n});
    for (size_t i = 0; i < image.size(); ++i)
      ASSERT_EQ(mask[i], int32_t{image[i]} - int32_t{below[i]} <= limit) << limit;
  }
}

TEST(AtMostAbove, ComparesDifferencesThatNeverWrap) {
  std::mt19937 random(1);
  std::vector<uint8_t> a, b;
  std::vector<uint16_t> c, d;
  for (int i = 0; i < 999; ++i) {
    a.push_back(static_cast<uint8_t>(random()));
    b.push_back(static_cast<uint8_t>(random()));
    c.push_back(static_cast<uint16_t>(random()));
    d.push_back(static_cast<uint16_t>(random() % 3 ? random() : c.back() + random() % 9));
  }
  a[0] = 0, b[0] = 255, c[0] = 0, d[0] = 65535;
  a[1] = 255, b[1] = 0, c[1] = 65535, d[1] = 0;
  expect_comparison(a, b);
  expect_comparison(c, d);
}

TEST(BoundingBox, HoldsAllPixels) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    TestMask mask{1 + seed * 7 % 211, 1 + seed % 9};
    mask.pixels.resize(static_cast<size_t>(mask.width * mask.height));
    std::mt19937 random(seed);
    int64_t x0 = mask.width, x1 = 0, y0 = mask.height, y1 = 0;
    for (uint32_t i = 0; i < seed % 4; ++i) {
      const int64_t x = random() % mask.width, y = random() % mask.height;
      mask.at(x, y) = 1;
      x0 = std::min(x0, x), x1 = std::max(x1, x + 1);
      y0 = std::min(y0, y), y1 = std::max(y1, y + 1);
    }
    const Window box = bounding_box(mask.view());
    EXPECT_EQ(box.height, std::max<int64_t>(0, y1 - y0));
    EXPECT_EQ(box.width, std::max<int64_t>(0, x1 - x0));
    if (box.height == 0) continue;
    EXPECT_EQ(box.x0, x0);
    EXPECT_EQ(box.y0, y0);
  }
}

TEST(ClearBorder, RemovesObjectsThatTouchTheOutermostPixels) {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    TestMask mask = random_mask(5 + seed % 40, 4 + seed % 23, seed, 3);
    const Window box = bounding_box(mask.view());
    if (box.height == 0) continue;
    std::vector<uint32_t> labels(mask.pixels.size());
    const Plane<uint32_t> plane{labels.data(), box.width, box.height, box.width};
    TestScratch work(label_scratch_bytes(mask.width, mask.height, Connectivity::eight));
    TestScratch flags(clear_border_scratch_bytes(mask.width, mask.height));
    const uint32_t count =
        label(part_of(mask.view(), box), Connectivity::eight, plane, work.data());
    std::vector<bool> touches(count + 1);
    for (int64_t y = 0; y < box.height; ++y)
      for (int64_t x = 0; x < box.width; ++x) {
        const int64_t u = box.x0 + x, v = box.y0 + y;
        if (u == 0 || v == 0 || u == mask.width - 1 || v == mask.height - 1)
          touches[plane.row(y)[x]] = true;
      }
    const std::vector<uint32_t> before = labels;
    clear_border(part_of(mask.plane(), box), plane, count, box, mask.width, mask.height,
                 flags.data());
    for (int64_t i = 0; i < box.width * box.height; ++i) {
      const bool keep = before[i] != 0 && !touches[before[i]];
      ASSERT_EQ(labels[i], keep ? before[i] : 0);
      ASSERT_EQ(mask.at(box.x0 + i % box.width, box.y0 + i / box.width), keep);
    }
  }
}

TestMask filled(TestMask mask) {
  TestScratch scratch(fill_from_corner_scratch_bytes(mask.width, mask.height));
  fill_from_corner(mask.plane(), scratch.data());
  return mask;
}

TEST(FillFromCorner, IsAFloodOfTheBackgroundFromTheTopLeftPixel) {
  for (uint32_t seed = 0; seed < 400; ++seed) {
    const TestMask mask = random_mask(1 + seed % 31, 1 + seed % 17, seed, 2 + seed % 5);
    TestMask open = mask;
    for (int64_t x = 0; x < mask.width; ++x) open.at(x, 0) = 0;
    for (int64_t x = 0; x < std::min<int64_t>(2, mask.width) && mask.height > 1; ++x)
      open.at(x, 1) = 0;
    const TestMask reached = flooded(open, 0, {{0, 0}});
    const TestMask got = filled(mask);
    for (size_t i = 0; i < mask.pixels.size(); ++i)
      ASSERT_EQ(got.pixels[i], !reached.pixels[i]) << seed;
  }
}

TEST(FillFromCorner, FillsBelowAnObjectThatSpansTheWidth) {
  const TestMask got = filled(drawn({"....", "....", "####", "....", "...."}));
  EXPECT_EQ(got.pixels, drawn({"....", "....", "####", "####", "####"}).pixels);
}

TEST(FillFromCorner, ClearsTheFirstRowAndTheCornerBelowIt) {
  const TestMask got = filled(drawn({"#####", "#####", "#####"}));
  EXPECT_EQ(got.pixels, drawn({".....", "..###", "#####"}).pixels);
}

}  // namespace
}  // namespace parfocal::kernels
