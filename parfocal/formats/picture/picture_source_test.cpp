#include "parfocal/formats/picture/picture_source.h"

#include <gmock/gmock.h>

#include "parfocal/formats/picture/test_pictures-inl.h"

namespace parfocal {
namespace {

using test::counted_samples;
using test::Image;
using test::raw_map;
using test::read_all;
using test::TempDir;
using testing::HasSubstr;

std::unique_ptr<Source> open_glob(const TempDir& dir, const std::string& glob,
                                  const std::string& axes = "tyx") {
  return test::open_source("files", raw_map({{"glob", glob}, {"axes", axes}}), dir.path());
}

uint8_t value_at(const Image& image, int64_t index) {
  return static_cast<uint8_t>(image.pixels[static_cast<size_t>(index)]);
}

std::string failure_of(const TempDir& dir, const std::string& glob, const std::string& axes) {
  try {
    open_glob(dir, glob, axes);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(PictureSource, HasColoursAsTheFastestAxis) {
  TempDir dir;
  for (int t = 0; t < 3; ++t)
    test::write_png_file(dir / (std::to_string(t) + ".png"), 5, 7, 3,
                         counted_samples(35, 3, 10 * t));
  const auto source = open_glob(dir, "*.png");
  EXPECT_EQ(source->layout().str(), "t=3 c=3 | y=5 x=7 uint8");
  EXPECT_EQ(source->layout().stream[1].labels, (std::vector<std::string>{"r", "g", "b"}));
  EXPECT_EQ(source->items_per_read(), 3);
  for (int64_t item = 0; item < 9; ++item)
    for (int64_t i = 0; i < 35; ++i)
      ASSERT_EQ(value_at(read_all(*source, item), i), (10 * (item / 3) + 3 * i + item % 3) % 251);
  EXPECT_EQ(source->row(4).file, "1.png");
}

TEST(PictureSource, ReadsAGroupAndRegionsAsItReadsItems) {
  TempDir dir;
  test::write_png_file(dir / "a.png", 40, 33, 4, counted_samples(1320, 4, 3));
  const auto source = open_glob(dir, "a.png", "yx");
  EXPECT_EQ(source->layout().str(), "c=4 | y=40 x=33 uint8");
  std::vector<std::byte> group(4 * 1320);
  std::vector<FrameHeader> headers(4);
  ASSERT_TRUE(source->read_group(0, group, headers));
  for (int64_t c = 0; c < 4; ++c) {
    const Image channel = read_all(*source, c);
    EXPECT_TRUE(std::equal(channel.pixels.begin(), channel.pixels.end(), group.begin() + c * 1320));
    test::expect_regions_agree(*source, c, 17, 31);
  }
}

TEST(PictureSource, HasNoAxisOfGreyAndTwoOfGreyWithAlpha) {
  TempDir dir;
  test::write_png_file(dir / "g.png", 2, 3, 1, counted_samples(6, 1, 0));
  test::write_png_file(dir / "a.png", 2, 3, 2, counted_samples(6, 2, 0));
  EXPECT_EQ(open_glob(dir, "g.png")->layout().str(), "t=1 | y=2 x=3 uint8");
  EXPECT_EQ(open_glob(dir, "a.png")->layout().stream[1].labels,
            (std::vector<std::string>{"grey", "a"}));
}

TEST(PictureSource, ReadsJpegBaselineAndProgressive) {
  for (const bool progressive : {false, true}) {
    TempDir dir;
    const std::vector<uint8_t> values = {0, 255, 17, 90, 128, 3, 254, 1, 77, 200, 100, 50};
    test::write_jpeg_file(dir / "a.jpg", 2, 2, 3, values, progressive);
    test::write_jpeg_file(dir / "g.jpeg", 2, 2, 1, values, progressive);
    const auto colours = open_glob(dir, "a.jpg"), grey = open_glob(dir, "g.jpeg");
    EXPECT_EQ(colours->layout().str(), "t=1 c=3 | y=16 x=16 uint8");
    for (int64_t y = 0; y < 16; ++y)
      for (int64_t x = 0; x < 16; ++x) {
        const size_t block = static_cast<size_t>(y / 8 * 2 + x / 8);
        ASSERT_EQ(value_at(read_all(*grey, 0), y * 16 + x), values[block]);
        for (size_t c = 0; c < 3; ++c)
          ASSERT_EQ(value_at(read_all(*colours, static_cast<int64_t>(c)), y * 16 + x),
                    values[block * 3 + c]);
      }
    test::expect_regions_agree(*colours, 1, 5, 7);
  }
}

// By the first bytes of the first file that can be read, whatever it is called.
TEST(PictureSource, IsToldByBytesNotByNames) {
  TempDir dir;
  test::write_text(dir / "0.tif", "no image");
  test::write_png_file(dir / "1.tif", 2, 3, 1, counted_samples(6, 1, 0));
  test::write_jpeg_file(dir / "2.tif", 1, 1, 1, {9});
  const auto source = open_glob(dir, "*.tif");
  EXPECT_EQ(source->layout().str(), "t=3 | y=2 x=3 uint8");
  EXPECT_THAT(test::read_failure(*source, 0), HasSubstr("0.tif"));
  EXPECT_EQ(value_at(read_all(*source, 1), 5), 5);
  EXPECT_THAT(test::read_failure(*source, 2), HasSubstr("not like the first"));
  EXPECT_THAT(source->notices().at(0), HasSubstr("2.tif"));
}

TEST(PictureSource, FailsByNameWhereverAFileIsCut) {
  TempDir dir;
  test::write_png_file(dir / "0.png", 20, 20, 3, counted_samples(400, 3, 0));
  test::write_jpeg_file(dir / "0.jpg", 2, 2, 3, counted_samples(4, 3, 0), true);
  for (const std::string ending : {".png", ".jpg"}) {
    const std::string whole = test::read_text(dir / ("0" + ending));
    test::write_text(dir / ("1" + ending), whole);
    const auto source = open_glob(dir, "*" + ending);
    for (size_t size = 0; size < whole.size(); size += 1 + whole.size() / 50) {
      test::write_text(dir / ("1" + ending), whole.substr(0, size));
      EXPECT_THAT(test::read_failure(*source, 3), HasSubstr("1" + ending)) << size;
    }
  }
}

TEST(PictureSource, RefusesCmykByName) {
  TempDir dir;
  test::write_jpeg_file(dir / "a.jpg", 1, 1, 4, {1, 2, 3, 4});
  EXPECT_THAT(failure_of(dir, "a.jpg", "tyx"), HasSubstr("CMYK"));
}

TEST(PictureSource, RunsAlongStatedAxes) {
  TempDir dir;
  for (int k = 0; k < 6; ++k)
    test::write_png_file(dir / (std::to_string(k) + ".png"), 1, 1, 1, {static_cast<uint8_t>(k)});
  RawValue params = raw_map({{"glob", "*.png"}, {"axes", "ztyx"}});
  RawValue sizes = RawValue::map();
  sizes.set("t", RawValue::scalar("3"));
  params.set("sizes", sizes);
  const auto source = test::open_source("files", params, dir.path());
  EXPECT_EQ(source->layout().str(), "t=3 z=2 | y=1 x=1 uint8");
  for (int64_t t = 0; t < 3; ++t)
    for (int64_t z = 0; z < 2; ++z) EXPECT_EQ(value_at(read_all(*source, 2 * t + z), 0), 3 * z + t);
  EXPECT_THAT(failure_of(dir, "*.png", "tzyx"), HasSubstr("sizes: {z: 2}"));
}

TEST(PictureSource, RefusesAnotherAxisC) {
  TempDir dir;
  test::write_png_file(dir / "a.png", 1, 1, 3, {1, 2, 3});
  EXPECT_THAT(failure_of(dir, "a.png", "cyx"), HasSubstr("channel: r"));
}

}  // namespace
}  // namespace parfocal
