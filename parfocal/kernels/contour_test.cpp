#include "parfocal/kernels/contour.h"

#include <gmock/gmock.h>

#include <set>

#include "parfocal/kernels/label.h"
#include "parfocal/kernels/test_masks.h"
#include "parfocal/kernels/test_scratch.h"

namespace parfocal::kernels {
namespace {

using ::testing::ElementsAre;

struct Traced {
  std::vector<PixelPoint> points;
  bool closed = true;
};

Traced trace(const TestMask& mask, PixelPoint start) {
  TestScratch steps(border_capacity(mask.width, mask.height));
  const Border border =
      outer_border(mask.view(), start, {0, 0}, static_cast<uint8_t*>(steps.data()));
  Traced traced{{border.first}, true};
  PixelPoint at = border.first;
  for (int64_t i = 0; border.points > 1 && i < border.points; ++i) {
    at = {at.x + kStepX[border.steps[i]], at.y + kStepY[border.steps[i]]};
    traced.points.push_back(at);
  }
  traced.closed = at == border.first;
  if (border.points > 1) traced.points.pop_back();
  return traced;
}
PixelPoint start_of(const TestMask& mask) {
  TestScratch scratch(outer_start_scratch_bytes(mask.width, mask.height));
  return outer_start(mask.view(), scratch.data());
}

TEST(OuterBorder, GoesDownTheLeftSideFirstFromTheFirstPixel) {
  const Traced t = trace(drawn({".....", ".###.", ".###.", "....."}), {1, 1});
  EXPECT_THAT(t.points, ElementsAre(PixelPoint{1, 1}, PixelPoint{1, 2}, PixelPoint{2, 2},
                                    PixelPoint{3, 2}, PixelPoint{3, 1}, PixelPoint{2, 1}));
}

TEST(OuterBorder, OfALineComesBackOverTheSamePixels) {
  const Traced t = trace(drawn({".....", ".###.", "....."}), {1, 1});
  EXPECT_THAT(t.points,
              ElementsAre(PixelPoint{1, 1}, PixelPoint{2, 1}, PixelPoint{3, 1}, PixelPoint{2, 1}));
}

TEST(OuterBorder, OfOnePixelHasNoStep) {
  EXPECT_EQ(trace(drawn({"...", ".#.", "..."}), {1, 1}).points.size(), 1u);
}

TEST(OuterBorder, AddsTheOrigin) {
  const TestMask mask = drawn({"...", ".#.", "..."});
  uint8_t steps[32];
  EXPECT_EQ(outer_border(mask.view(), {1, 1}, {100, -7}, steps).first, (PixelPoint{101, -6}));
}

// The border is just the pixels of the object that have an edge with the background around it.
void expect_border_of_first_object(const TestMask& mask) {
  std::vector<uint32_t> labels(mask.pixels.size());
  TestScratch scratch(label_scratch_bytes(mask.width, mask.height, Connectivity::eight));
  label(mask.view(), Connectivity::eight, {labels.data(), mask.width, mask.height, mask.width},
        scratch.data());
  TestMask object = mask;
  PixelPoint start{-1, -1};
  for (int64_t y = 0; y < mask.height; ++y)
    for (int64_t x = 0; x < mask.width; ++x) {
      object.at(x, y) = labels[static_cast<size_t>(y * mask.width + x)] == 1;
      if (object.at(x, y) && start.x < 0)
        start = {static_cast<int32_t>(x), static_cast<int32_t>(y)};
    }
  if (start.x < 0) return;
  const TestMask outside = flooded(object, 0, {{0, 0}});
  std::set<std::pair<int, int>> expected, got;
  for (int y = 1; y < mask.height - 1; ++y)
    for (int x = 1; x < mask.width - 1; ++x)
      if (object.at(x, y) && (outside.at(x + 1, y) || outside.at(x - 1, y) ||
                              outside.at(x, y + 1) || outside.at(x, y - 1)))
        expected.insert({x, y});
  const Traced traced = trace(object, start);
  for (const PixelPoint p : traced.points) got.insert({p.x, p.y});
  EXPECT_TRUE(traced.closed);
  EXPECT_EQ(got, expected);
  EXPECT_EQ(start_of(object), start);
}

TEST(OuterBorder, IsEveryPixelBesideTheBackgroundAround) {
  for (uint32_t seed = 0; seed < 300; ++seed)
    expect_border_of_first_object(
        padded(random_mask(1 + seed % 23, 1 + seed % 17, seed, 3 + seed % 4)));
}

TEST(OuterStart, OfSeveralPartsIsTheLastOneOutsideOfHoles) {
  EXPECT_EQ(start_of(drawn({"........",  //
                            ".##..##.",  //
                            ".##..#..",  //
                            "...#....",  //
                            "........"})),
            (PixelPoint{5, 1}));
  EXPECT_EQ(start_of(drawn({".......", "..#....", ".#####.", ".#...#.", ".#.#.#.", ".#...#.",
                            ".#####.", "......."})),
            (PixelPoint{2, 1}));
}

}  // namespace
}  // namespace parfocal::kernels
