#include <gmock/gmock.h>

#include <limits>
#include <string>
#include <vector>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/picture/drawing/font.h"
#include "parfocal/formats/picture/drawing/label_drawing.h"
#include "parfocal/formats/picture/drawing/scale_bar.h"
#include "parfocal/formats/picture/drawing/window.h"

namespace parfocal {
namespace {

using test::Image;
using testing::DoubleEq;
using testing::ElementsAre;

template <class T>
Image image_of(const std::vector<std::vector<T>>& rows) {
  Image image(dtype_of<T>(), Region::whole({static_cast<int64_t>(rows.size()),
                                            static_cast<int64_t>(rows[0].size())}));
  T* out = reinterpret_cast<T*>(image.pixels.data());
  for (const auto& row : rows) out = std::copy(row.begin(), row.end(), out);
  return image;
}

const std::vector<std::vector<uint32_t>> kLabels = {
    {1, 1, 1, 0, 0, 0, 2, 2}, {1, 1, 1, 0, 3, 3, 2, 2}, {1, 1, 1, 0, 3, 3, 3, 2},
    {0, 0, 0, 0, 3, 3, 3, 3}, {0, 4, 4, 4, 4, 3, 3, 3}, {0, 4, 4, 4, 4, 0, 0, 0},
    {0, 4, 4, 4, 4, 0, 9, 0}};
// find_boundaries(labels, mode="inner") of scikit-image 0.26.
const std::vector<std::string> kOutlines = {"00100010", "00101110", "11101011", "00001001",
                                            "01111111", "01001000", "01001010"};

TEST(LabelDrawing, OutlinesAreTheInnerBoundariesOfScikitImage) {
  const Image labels = image_of(kLabels);
  Canvas canvas(7, 8);
  canvas.fill(0, 0, 7, 8, kGrey);
  draw_outlines(canvas, labels.view());
  for (int64_t y = 0; y < 7; ++y)
    for (int64_t x = 0; x < 8; ++x) {
      const auto row = static_cast<size_t>(y), column = static_cast<size_t>(x);
      const bool edge = kOutlines[row][column] == '1';
      EXPECT_EQ(canvas.at(y, x), edge ? label_colour(kLabels[row][column]) : kGrey)
          << y << " " << x;
    }
}

TEST(LabelDrawing, FillsAllOfAnObjectAndMixesHalfAndHalf) {
  const Image labels = image_of<int16_t>({{0, 2}, {-1, 2}});
  Canvas canvas(2, 2);
  draw_filled(canvas, labels.view(), false);
  EXPECT_EQ(canvas.at(0, 1), (Colour{175, 255, 64}));
  EXPECT_EQ(canvas.at(0, 0), kBlack);
  EXPECT_EQ(canvas.at(1, 0), kBlack);
  canvas.fill(0, 0, 2, 2, {100, 0, 64});
  draw_filled(canvas, labels.view(), true);
  EXPECT_EQ(canvas.at(1, 1), (Colour{138, 128, 64}));
}

// hsv_to_rgb(frac(label / golden ratio), 0.75, 1) of Python's colorsys.
TEST(LabelDrawing, ColoursAreThoseOfTheNumberAlone) {
  EXPECT_EQ(label_colour(1), (Colour{64, 120, 255}));
  EXPECT_EQ(label_colour(3), (Colour{255, 64, 231}));
  EXPECT_EQ(label_colour(255), (Colour{64, 142, 255}));
  EXPECT_EQ(label_colour(100000), (Colour{64, 255, 139}));
}

TEST(ObjectCentres, AreTheMeansOfTheirPixels) {
  ObjectCentres centres;
  for (int twice = 0; twice < 2; ++twice) {
    centres.find(image_of(kLabels).view());
    std::vector<std::vector<double>> found;
    centres.for_each([&](const ObjectCentres::Object& object) {
      found.push_back({static_cast<double>(object.label), object.y(), object.x()});
    });
    ASSERT_EQ(found.size(), 5u);
    EXPECT_THAT(found[0], ElementsAre(1, 1, 1));
    EXPECT_THAT(found[1], ElementsAre(2, DoubleEq(0.8), DoubleEq(6.6)));
    EXPECT_THAT(found[4], ElementsAre(9, 6, 6));
  }
}

TEST(ObjectCentres, LeavesOutWhatIsMoreThanItHasRoomFor) {
  const auto side = static_cast<uint32_t>(2 * ObjectCentres::kMost);
  std::vector<std::vector<uint32_t>> rows(1);
  for (uint32_t i = 0; i < side; ++i) rows[0].push_back(7 * i + 1);
  ObjectCentres centres;
  centres.find(image_of(rows).view());
  size_t objects = 0;
  centres.for_each([&](const auto&) { ++objects; });
  EXPECT_EQ(objects, ObjectCentres::kMost);
}

TEST(LabelDrawing, NumbersStandAtTheCentres) {
  ObjectCentres centres;
  std::vector<std::vector<uint8_t>> rows(21, std::vector<uint8_t>(21, 7));
  centres.find(image_of(rows).view());
  Canvas canvas(21, 21);
  canvas.fill(0, 0, 21, 21, kGrey);
  draw_numbers(canvas, centres, 1);
  for (int64_t row = 0; row < kGlyphHeight; ++row)
    for (int64_t column = 0; column < kGlyphWidth; ++column)
      EXPECT_EQ(canvas.at(7 + row, 8 + column) == kWhite, is_ink('7', row, column));
  EXPECT_EQ(canvas.at(6, 8), kBlack);  // the rim
  EXPECT_EQ(canvas.at(5, 8), kGrey);
}

TEST(Font, HasLettersAndASignForWhatItLacks) {
  const auto drawn = [](char letter) {
    std::string text;
    for (int64_t row = 0; row < kGlyphHeight; ++row) {
      for (int64_t column = 0; column < kGlyphWidth; ++column)
        text += is_ink(letter, row, column) ? '#' : '.';
      text += '\n';
    }
    return text;
  };
  EXPECT_EQ(drawn('1'), "..#..\n.##..\n..#..\n..#..\n..#..\n..#..\n.###.\n");
  EXPECT_EQ(drawn('u'), ".....\n.....\n#...#\n#...#\n#...#\n#..##\n.##.#\n");
  EXPECT_EQ(drawn('\xb5'), drawn('?'));
  EXPECT_EQ(text_width("10 um", 2), 58);
  EXPECT_EQ(text_width("", 2), 0);
}

TEST(ScaleBar, IsTheRoundLengthNearestToAFifth) {
  const auto bar = [](int64_t width, double um) {
    const ScaleBar b = auto_scale_bar(width, um);
    return b.text + " " + std::to_string(b.pixels);
  };
  EXPECT_EQ(bar(1000, 0.65), "100 um 153.846154");  // a fifth: 130 um
  EXPECT_EQ(bar(1000, 0.1), "20 um 200.000000");
  EXPECT_EQ(bar(512, 0.005), "500 nm 100.000000");  // 0.512 um
  EXPECT_EQ(bar(100, 100), "2 mm 20.000000");
  EXPECT_EQ(bar(100, 0.05), "1 um 20.000000");
}

TEST(ScaleBar, LiesAtTheLowerRightWithARim) {
  Canvas canvas(60, 100);
  canvas.fill(0, 0, 60, 100, kGrey);
  draw_scale_bar(canvas, {20, "5 um"}, 2);
  for (const int64_t y : {51, 53})
    for (const int64_t x : {54, 93}) EXPECT_EQ(canvas.at(y, x), kWhite) << y << " " << x;
  for (const auto& [y, x] : {std::pair{50, 60}, {54, 60}, {52, 53}, {52, 94}})
    EXPECT_EQ(canvas.at(y, x), kBlack) << y << " " << x;
  EXPECT_EQ(canvas.at(52, 52), kGrey);
  // Its text: 23 x 7 pixels, 3 above the bar, in its middle.
  EXPECT_EQ(canvas.at(41, 62) == kWhite, is_ink('5', 0, 0));
  EXPECT_EQ(canvas.at(47, 62 + 6 * 3) == kWhite, is_ink('m', 6, 0));
}

TEST(ScaleBar, TextStaysInsideThePicture) {
  Canvas canvas(40, 40);
  draw_scale_bar(canvas, {3, "100 um"}, 1);
  EXPECT_FALSE(canvas.is_grey() && canvas.at(0, 0) == kWhite);
  bool ink = false;
  for (int64_t y = 0; y < 25; ++y) ink = ink || canvas.at(y, 38) == kWhite;
  EXPECT_FALSE(ink);
}

// numpy.percentile(numpy.arange(12)**2 - 20, [0.1, 99.9]) and [25, 99.9].
TEST(Percentiles, AreNumpysForSmallAndLargeTypes) {
  std::vector<std::vector<int16_t>> small(1);
  std::vector<std::vector<double>> large(1);
  for (int i = 0; i < 12; ++i) {
    small[0].push_back(static_cast<int16_t>(i * i - 20));
    large[0].push_back(i * i - 20);
  }
  large[0].push_back(std::numeric_limits<double>::quiet_NaN());
  large[0].push_back(std::numeric_limits<double>::infinity());
  const auto expect = [](const Image& image) {
    Percentiles percentiles(image.dtype, image.region.count());
    for (int twice = 0; twice < 2; ++twice) {
      const Window window = percentiles.of(image.view(), 0.1, 99.9);
      EXPECT_DOUBLE_EQ(window.low, -19.989);
      EXPECT_DOUBLE_EQ(window.high, 100.769);
      EXPECT_DOUBLE_EQ(percentiles.of(image.view(), 25, 99.9).low, -12.25);
    }
  };
  expect(image_of(small));
  expect(image_of(large));
}

TEST(Percentiles, OfNothingFiniteAreAWindowAllTheSame) {
  const Image image = image_of<float>({{std::numeric_limits<float>::quiet_NaN()}});
  const Window window = Percentiles(DType::f32, 1).of(image.view(), 0.1, 99.9);
  EXPECT_LT(window.low, window.high);
}

TEST(Window, RoundsToTheNearestGrey) {
  const Window window{100, 355};
  EXPECT_EQ(grey_of(99, window), 0);
  EXPECT_EQ(grey_of(100.4, window), 0);
  EXPECT_EQ(grey_of(100.5, window), 1);
  EXPECT_EQ(grey_of(227, window), 127);
  EXPECT_EQ(grey_of(1e300, window), 255);
  EXPECT_EQ(grey_of(std::numeric_limits<double>::quiet_NaN(), window), 0);
  EXPECT_EQ(grey_of(5, {5, 5}), 0);
  EXPECT_EQ(grey_of(6, {5, 5}), 255);
}

TEST(Canvas, IsEnlargedByWholePixels) {
  Canvas small(1, 2), large(2, 4);
  small.set(0, 1, {1, 2, 3});
  enlarge(small, 2, large);
  for (const int64_t y : {0, 1}) {
    EXPECT_EQ(large.at(y, 1), kBlack);
    EXPECT_EQ(large.at(y, 2), (Colour{1, 2, 3}));
    EXPECT_EQ(large.at(y, 3), (Colour{1, 2, 3}));
  }
}

}  // namespace
}  // namespace parfocal
