#include "parfocal/kernels/polygon.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "parfocal/kernels/bounding_box.h"
#include "parfocal/kernels/test_masks.h"
#include "parfocal/kernels/test_scratch.h"

namespace parfocal::kernels {
namespace {

struct Shape {
  std::vector<uint8_t> steps;
  std::vector<int32_t> rows;
  std::vector<PixelPoint> corners;
  Border border;
  BorderBox box;
};

Shape shape_of(TestMask mask, PixelPoint origin = {-1, -1}) {
  if (bounding_box(mask.view()).height == 0) mask.at(0, 0) = 1;  // a random mask may be empty
  const TestMask wide = padded(mask);
  Shape s;
  s.steps.resize(border_capacity(wide.width, wide.height));
  TestScratch scratch(outer_start_scratch_bytes(wide.width, wide.height));
  s.border =
      outer_border(wide.view(), outer_start(wide.view(), scratch.data()), origin, s.steps.data());
  s.rows.resize(2 * static_cast<size_t>(mask.height));
  s.corners.resize(2 * static_cast<size_t>(mask.height));
  const int64_t corners = convex_hull(s.border, s.corners.data(), s.rows.data(), &s.box);
  s.corners.resize(static_cast<size_t>(corners));
  return s;
}
TestMask rectangle(int64_t width, int64_t height) {
  return {width, height, std::vector<uint8_t>(static_cast<size_t>(width * height), 1)};
}

TEST(BorderMoments, OfARectangleAreThoseOfItsCornersAtPixelCentres) {
  const PolygonMoments m = border_moments(shape_of(rectangle(7, 4), {9, 19}).border);
  EXPECT_EQ(m.m00, 18);
  EXPECT_DOUBLE_EQ(m.m10 / m.m00, 13);  // first column 10, width 6
  EXPECT_DOUBLE_EQ(m.m01 / m.m00, 21.5);
  EXPECT_NEAR(m.mu20, 18 * 36 / 12.0, 1e-11);
  EXPECT_NEAR(m.mu02, 18 * 9 / 12.0, 1e-11);
  EXPECT_NEAR(m.mu11, 0, 1e-11);
  EXPECT_EQ(m.length, 18);
}

TEST(BorderMoments, OfPixelsAndLinesHaveNoArea) {
  EXPECT_EQ(border_moments(shape_of(rectangle(1, 1)).border).m00, 0);
  EXPECT_EQ(border_moments(shape_of(rectangle(6, 1)).border).m00, 0);
  EXPECT_EQ(border_moments(shape_of(drawn({"#..", ".#.", "..#"})).border).m00, 0);
  EXPECT_EQ(border_moments(shape_of(rectangle(6, 1)).border).length, 10);
}

TEST(BorderMoments, RoundADiagonalStepToFloat) {
  const PolygonMoments m = border_moments(shape_of(drawn({".#.", "###", ".#."})).border);
  EXPECT_EQ(m.m00, 2);
  EXPECT_EQ(m.length, 4 * static_cast<double>(std::sqrt(2.0F)));
}

TEST(BorderMoments, AreThoseOfTheSamePolygon) {
  for (uint32_t seed = 0; seed < 50; ++seed) {
    const Shape s = shape_of(random_mask(20, 15, seed, 6), {1000, 500});
    std::vector<PixelPoint> points;
    PixelPoint at = s.border.first;
    for (int64_t i = 0; s.border.points > 1 && i < s.border.points; ++i) {
      points.push_back(at);
      at = {at.x + kStepX[s.border.steps[i]], at.y + kStepY[s.border.steps[i]]};
    }
    const PolygonMoments a = border_moments(s.border);
    const PolygonMoments b = polygon_moments(points.data(), static_cast<int64_t>(points.size()));
    EXPECT_EQ(a.m00, b.m00);
    EXPECT_EQ(a.mu20, b.mu20);
    EXPECT_EQ(a.mu11, b.mu11);
    EXPECT_EQ(a.mu02, b.mu02);
    EXPECT_EQ(a.length, b.length);
  }
}

int64_t cross(PixelPoint a, PixelPoint b, PixelPoint c) {
  return int64_t{b.x - a.x} * (c.y - a.y) - int64_t{b.y - a.y} * (c.x - a.x);
}

TEST(ConvexHull, TurnsOneWayAndHoldsEveryPixelOfTheBorder) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    const Shape s = shape_of(random_mask(1 + seed % 19, 1 + seed % 13, seed, 6));
    const size_t n = s.corners.size();
    if (n < 3) continue;  // a line
    PixelPoint at = s.border.first;
    for (int64_t k = 0; k < s.border.points; ++k) {
      for (size_t i = 0; i < n; ++i)
        ASSERT_LE(cross(s.corners[i], s.corners[(i + 1) % n], at), 0) << seed;
      at = {at.x + kStepX[s.border.steps[k]], at.y + kStepY[s.border.steps[k]]};
    }
    for (size_t i = 0; i < n; ++i)
      ASSERT_LT(cross(s.corners[i], s.corners[(i + 1) % n], s.corners[(i + 2) % n]), 0) << seed;
  }
}

TEST(ConvexHull, TellsTheBox) {
  const Shape s = shape_of(drawn({"...#", ".##.", "#..."}), {9, 19});
  EXPECT_EQ(s.box.x, 10);
  EXPECT_EQ(s.box.y, 20);
  EXPECT_EQ(s.box.width, 4);
  EXPECT_EQ(s.box.height, 3);
}

// An ellipse, and a circle beside the axis, sampled counter-clockwise on a screen.
TEST(RevolvedVolume, OfSampledBodiesIsThatOfTheBodies) {
  constexpr int kPoints = 1000;
  std::vector<double> x(kPoints), y(kPoints);
  for (int i = 0; i < kPoints; ++i) {
    const double angle = -2 * std::numbers::pi * i / kPoints;
    x[i] = 10 * std::cos(angle);
    y[i] = 5 * std::sin(angle);
  }
  const double ellipsoid = 4.0 / 3 * std::numbers::pi * 10 * 25;
  EXPECT_NEAR(revolved_volume(x.data(), y.data(), kPoints, 0) / ellipsoid, 1, 1e-4);
  constexpr int kFew = 100;
  for (int i = 0; i < kFew; ++i) {
    const double angle = -2 * std::numbers::pi * i / kFew;
    x[i] = 2 * std::cos(angle);
    y[i] = 10 + 2 * std::sin(angle);
  }
  // The other half is empty, so the mean of both halves is half a torus.
  const double torus = 2 * std::numbers::pi * 10 * std::numbers::pi * 4;
  EXPECT_NEAR(2 * revolved_volume(x.data(), y.data(), kFew, 0) / torus, 1, 6.72e-4);
}

TEST(RevolvedVolume, OfABorderIsThatOfItsCorners) {
  const Shape s = shape_of(rectangle(11, 7), {-1, -1});
  EXPECT_NEAR(revolved_volume(s.border, 3), 10 * std::numbers::pi * 9, 1e-9);
  const double x[] = {0, 0, 10, 10}, y[] = {0, 6, 6, 0};
  EXPECT_NEAR(revolved_volume(x, y, 4, 3), 10 * std::numbers::pi * 9, 1e-9);
}

}  // namespace
}  // namespace parfocal::kernels
