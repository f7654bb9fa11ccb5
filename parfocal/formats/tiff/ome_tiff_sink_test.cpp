#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstring>
#include <limits>

#include "parfocal/formats/tiff/bigtiff_writer.h"
#include "parfocal/formats/tiff/ome_xml.h"
#include "parfocal/formats/tiff/test_ome_tiff-inl.h"

namespace parfocal {
namespace {

using test::box;
using test::description;
using test::Image;
using test::image_sink;
using test::make_layout;
using test::random_image;
using test::random_items;
using test::read_all;
using test::read_text;
using test::reopen;
using test::TempDir;
using test::write_image;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

TEST(OmeTiffSink, WritesWhatTheFilesSourceReads) {
  for (const DType dtype : {DType::u8, DType::u16, DType::u32, DType::i8, DType::i16, DType::i32,
                            DType::f32, DType::f64}) {
    TempDir dir;
    const Layout layout = make_layout(dtype, {{"t", 5}}, {{"y", 7}, {"x", 9}});
    const auto images = random_items(layout, 5);
    const auto sink = image_sink(dir, layout);
    sink->open();
    for (size_t k = 0; k < images.size(); ++k)
      ASSERT_TRUE(write_image(*sink, layout, static_cast<int64_t>(k), images[k].view()).ok());
    ASSERT_TRUE(sink->close({}).ok());
    const auto source = reopen(dir);
    ASSERT_EQ(source->layout().str(), layout.str());
    for (size_t k = 0; k < images.size(); ++k)
      EXPECT_EQ(read_all(*source, static_cast<int64_t>(k)), images[k]);
  }
}

TEST(OmeTiffSink, DescribesAxesScalesAndChannels) {
  TempDir dir;
  Layout layout = make_layout(DType::u16, {{"t", 2}, {"z", 2}}, {{"c", 2}, {"y", 3}, {"x", 4}});
  layout.stream[0] = {"t", 2, 30, "s", {}};
  layout.stream[1] = {"z", 2, 250, "nm", {}};
  layout.item[0].labels = {"DAPI", "<\xc2\xb5m & \xff>"};
  layout.item[1].scale = layout.item[2].scale = 0.65;
  layout.item[1].unit = layout.item[2].unit = "um";
  const auto sink = image_sink(dir, layout);
  sink->open();
  for (int64_t k = 0; k < 4; ++k)
    ASSERT_TRUE(
        write_image(*sink, layout, k, random_image(DType::u16, layout.whole_item(), 1).view())
            .ok());
  ASSERT_TRUE(sink->close({}).ok());
  const std::string xml = description(dir);
  for (const char* part :
       {"DimensionOrder=\"XYCZT\"", "Type=\"uint16\"", "SizeT=\"2\"", "SizeZ=\"2\"", "SizeC=\"2\"",
        "SizeY=\"3\"", "SizeX=\"4\"", "TimeIncrement=\"30\" TimeIncrementUnit=\"s\"",
        "PhysicalSizeZ=\"250\" PhysicalSizeZUnit=\"nm\"",
        "PhysicalSizeX=\"0.65\" PhysicalSizeXUnit=\"&#181;m\"",
        "<Channel ID=\"Channel:0:0\" Name=\"DAPI\" SamplesPerPixel=\"1\"/>",
        "Name=\"&#60;&#181;m &#38; &#65533;&#62;\"", "<TiffData IFD=\"0\" PlaneCount=\"8\"/>",
        "<M K=\"complete\">true</M>", "<M K=\"gaps\">[]</M>",
        "<M K=\"provenance\">{&#34;pipeline&#34;: &#34;p &#38; q&#34;}</M>"})
    EXPECT_THAT(xml, HasSubstr(part));
  for (const char c : xml) ASSERT_TRUE(c == '\n' || (c >= ' ' && c < '\x7f'));
}

TEST(OmeTiffSink, StoresTheSameBytesHoweverItIsSwept) {
  const Layout layout = make_layout(DType::u16, {{"t", 3}}, {{"c", 2}, {"y", 103}, {"x", 110}});
  const auto images = random_items(layout, 3);
  const auto stored = [&](int64_t height, int64_t width) {
    TempDir dir;
    const auto sink = image_sink(dir, layout);
    sink->open();
    for (int64_t y = 0; y < 103; y += height)
      for (int64_t x = 0; x < 110; x += width)
        for (size_t k = 0; k < 3; ++k) {
          Region region = layout.whole_item();
          region.origin = {0, y, x};
          region.shape = {2, std::min(height, 103 - y), std::min(width, 110 - x)};
          Image part(DType::u16, region);
          copy_pixels(images[k].view(), part.view());
          EXPECT_TRUE(
              write_image(*sink, layout, static_cast<int64_t>(k), std::as_const(part).view()).ok());
        }
    EXPECT_TRUE(sink->close({}).ok());
    return read_text(dir / "a.ome.tif");
  };
  const std::string whole = stored(103, 110);
  EXPECT_GT(whole.size(), 6u * 103 * 110 * 2);
  EXPECT_TRUE(stored(17, 31) == whole);
  EXPECT_TRUE(stored(10, 110) == whole);
  EXPECT_TRUE(stored(103, 1) == whole);
}

TEST(OmeTiffSink, CanBeReadWhileItGrows) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", kUnbounded}, {"z", 2}}, {{"y", 6}, {"x", 5}});
  const auto images = random_items(layout, 600);
  const auto sink = image_sink(dir, layout);
  sink->open();
  EXPECT_EQ(sink->disk_bytes(), -1);
  for (size_t k = 0; k < images.size(); ++k) {
    ASSERT_TRUE(write_image(*sink, layout, static_cast<int64_t>(k), images[k].view()).ok());
    if (k > 3 && k % 100 != 3) continue;
    const auto source = reopen(dir);
    ASSERT_EQ(source->layout().stream[0].size, static_cast<int64_t>(k) + 1);
    EXPECT_EQ(read_all(*source, static_cast<int64_t>(k)), images[k]);
    EXPECT_THAT(description(dir), HasSubstr("SizeT=\"" + std::to_string(k / 2 + 1) + "\" "));
  }
  ASSERT_TRUE(sink->close({}).ok());
  EXPECT_THAT(description(dir), HasSubstr("SizeT=\"300\" "));
  EXPECT_THAT(description(dir), HasSubstr("PlaneCount=\"600\""));
  const auto source = reopen(dir);
  for (const size_t k : {0, 255, 256, 511, 512, 599})
    EXPECT_EQ(read_all(*source, static_cast<int64_t>(k)), images[k]) << k;
}

TEST(OmeTiffSink, WritesGapsAsZerosAndListsThem) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 6}}, {{"y", 3}, {"x", 4}});
  const auto sink = image_sink(dir, layout);
  sink->open();
  const Image image = random_image(DType::u8, layout.whole_item(), 1);
  const Gap broken{GapReason::broken, "t1.tif: truncated"}, dropped{GapReason::dropped, ""};
  for (int64_t k = 0; k < 6; ++k) {
    const Gap* gap = k < 2 ? &broken : k == 4 ? &dropped : nullptr;
    ASSERT_TRUE(write_image(*sink, layout, k, gap ? View{} : image.view(), gap).ok());
  }
  ASSERT_TRUE(sink->close({}).ok());
  const auto source = reopen(dir);
  Image zeros(DType::u8, layout.whole_item());
  std::fill(zeros.pixels.begin(), zeros.pixels.end(), std::byte{0});
  for (int64_t k = 0; k < 6; ++k)
    EXPECT_EQ(read_all(*source, k), k < 2 || k == 4 ? zeros : image) << k;
  EXPECT_THAT(description(dir),
              HasSubstr("[{&#34;first&#34;:0,&#34;last&#34;:1,&#34;reason&#34;:&#34;broken&#34;,"
                        "&#34;text&#34;:&#34;t1.tif: truncated&#34;},{&#34;first&#34;:4,"));
}

TEST(OmeTiffSink, EndsAtTheLastValidFrameOfAStoppedRun) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 50}, {"c", 2}}, {{"y", 30}, {"x", 40}});
  const auto images = random_items(layout, 9);
  const auto sink = image_sink(dir, layout);
  sink->open();
  for (size_t k = 0; k < 9; ++k)
    ASSERT_TRUE(write_image(*sink, layout, static_cast<int64_t>(k), images[k].view()).ok());
  ASSERT_TRUE(sink->close({false, "stopped", 5}).ok());
  const auto source = reopen(dir);
  ASSERT_EQ(source->layout().stream[0].size, 6);  // steps of t are whole
  EXPECT_EQ(read_all(*source, 4), images[4]);
  EXPECT_LT(read_text(dir / "a.ome.tif").size(), 60000u);
  EXPECT_THAT(description(dir), HasSubstr("SizeT=\"3\""));
  EXPECT_THAT(description(dir), HasSubstr("<M K=\"complete\">false</M>"));
  EXPECT_THAT(description(dir), HasSubstr("&#34;first&#34;:5,&#34;last&#34;:5,&#34;reason&#34;:"
                                          "&#34;stopped&#34;"));
  EXPECT_TRUE(source->missing().has(5));  // by the count of the items that have pages
  EXPECT_FALSE(source->missing().has(4));
  EXPECT_THAT(source->notices(), Contains(HasSubstr("The file is not complete (stopped)")));
}

TEST(OmeTiffSink, StoppedBeforeItsFirstFrameItHoldsOneStepOfZeros) {
  for (const int64_t size : {int64_t{9}, kUnbounded}) {
    TempDir dir;
    const auto sink = image_sink(dir, make_layout(DType::f32, {{"t", size}}, {{"y", 2}, {"x", 2}}));
    sink->open();
    ASSERT_TRUE(sink->close({false, "stopped", 0}).ok());
    EXPECT_EQ(reopen(dir)->layout().str(), "t=1 | y=2 x=2 float32");
    EXPECT_THAT(description(dir), HasSubstr("&#34;stopped&#34;"));
  }
}

TEST(OmeTiffSink, CutsLargePagesIntoStrips) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 2}}, {{"y", 3003}, {"x", 3001}});
  const auto images = random_items(layout, 2);
  const auto sink = image_sink(dir, layout);
  sink->open();
  for (size_t k = 0; k < 2; ++k)
    ASSERT_TRUE(write_image(*sink, layout, static_cast<int64_t>(k), images[k].view()).ok());
  ASSERT_TRUE(sink->close({}).ok());
  const auto source = reopen(dir);
  EXPECT_TRUE(read_all(*source, 0) == images[0]);
  EXPECT_TRUE(read_all(*source, 1) == images[1]);
}

TEST(OmeTiffSink, StoresBoolAsBytesAndAFrameWithoutStreamAxes) {
  TempDir dir;
  const Layout layout = make_layout(DType::boolean, {}, {{"z", 2}, {"y", 3}, {"x", 4}});
  const auto sink = image_sink(dir, layout);
  sink->open();
  const Image image = random_image(DType::boolean, layout.whole_item(), 3);
  ASSERT_TRUE(write_image(*sink, layout, 0, image.view()).ok());
  ASSERT_TRUE(sink->close({}).ok());
  const auto source = reopen(dir, "zyx");
  ASSERT_EQ(source->layout().str(), "z=2 | y=3 x=4 uint8");
  auto pixels = read_all(*source, 0).pixels;
  const auto second = read_all(*source, 1).pixels;
  pixels.insert(pixels.end(), second.begin(), second.end());
  EXPECT_EQ(pixels, image.pixels);
}

TEST(OmeTiffSink, TakesTheDiskThatThePixelsNeed) {
  for (const char* compression : {"none", "deflate"}) {
    SCOPED_TRACE(compression);
    TempDir dir;
    const Layout layout = make_layout(DType::u16, {{"t", 40}}, {{"y", 64}, {"x", 64}});
    const auto sink = image_sink(dir, layout, compression);
    const auto disk_bytes = [&] {
      struct stat info {};
      EXPECT_EQ(::stat((dir / "a.ome.tif").c_str(), &info), 0);
      return std::max<int64_t>(info.st_size, info.st_blocks * 512 - 8192);
    };
    sink->open();
    int64_t most = disk_bytes();
    for (int64_t k = 0; k < 40; ++k) {
      const Image image = random_image(DType::u16, layout.whole_item(), 1);
      ASSERT_TRUE(write_image(*sink, layout, k, image.view()).ok());
      most = std::max(most, disk_bytes());  // what is reserved, too
    }
    ASSERT_TRUE(sink->close({}).ok());
    EXPECT_LE(std::max(most, disk_bytes()), sink->disk_bytes());
    EXPECT_LE(sink->disk_bytes(), 2 * 40 * 64 * 64 * 2 + 24576);
  }
}

TEST(OmeTiffSink, RefusesWhatTheFormatHasNoPlaceFor) {
  TempDir dir;
  const std::vector<std::pair<std::string, int64_t>> yx = {{"y", 2}, {"x", 2}};
  EXPECT_THROW(image_sink(dir, make_layout(DType::u8, {{"p", 2}}, yx)), Error);
  EXPECT_THROW(image_sink(dir, make_layout(DType::u8, {{"t", 2}, {"t", 2}}, yx)), Error);
  EXPECT_THROW(image_sink(dir, make_layout(DType::u8, {{"t", 2}}, {})), Error);
  EXPECT_THROW(image_sink(dir, make_layout(DType::u8, {{"t", 2}}, {{"x", 2}, {"y", 2}})), Error);
  EXPECT_THROW(image_sink(dir, make_layout(DType::u64, {{"t", 2}}, yx)), Error);
  EXPECT_THROW(image_sink(dir, make_layout(DType::u8, {{"t", 0}}, yx)), Error);
  EXPECT_NO_THROW(image_sink(dir, make_layout(DType::u8, {{"z", 2}, {"t", 2}, {"c", 3}}, yx)));
}

// Items 0, 1, 3 and 300 are missing; `valid`: the run was stopped there.
std::string deflated(const TempDir& dir, const Layout& layout, const std::vector<Image>& images,
                     int threads, int64_t valid = -1) {
  const auto sink = image_sink(dir, layout, "deflate", threads);
  sink->open();
  EXPECT_GT(sink->resident_bytes(), layout.item_bytes());
  const Gap gap{GapReason::dropped, ""};
  for (size_t k = 0; k < images.size(); ++k) {
    const bool missing = k < 2 || k == 3 || k == 300;
    EXPECT_TRUE(write_image(*sink, layout, static_cast<int64_t>(k),
                            missing ? View{} : images[k].view(), missing ? &gap : nullptr)
                    .ok());
  }
  EXPECT_TRUE(sink->close({valid < 0, "", valid}).ok());
  return read_text(dir / "a.ome.tif");
}

TEST(OmeTiffSink, DeflatesWholeFramesByAnyNumberOfThreads) {
  for (const DType dtype : {DType::u8, DType::u16, DType::f32}) {
    const Layout layout = make_layout(dtype, {{"t", 530}}, {{"y", 17}, {"x", 19}});
    const auto images = random_items(layout, 530);
    TempDir one, three;
    const std::string file = deflated(one, layout, images, 1);
    EXPECT_TRUE(deflated(three, layout, images, 3) == file);
    const auto source = reopen(one);
    ASSERT_EQ(source->layout().str(), layout.str());
    Image zeros(dtype, layout.whole_item());
    std::fill(zeros.pixels.begin(), zeros.pixels.end(), std::byte{0});
    for (size_t k = 0; k < images.size(); ++k)
      ASSERT_EQ(read_all(*source, static_cast<int64_t>(k)),
                k < 2 || k == 3 || k == 300 ? zeros : images[k])
          << k;
  }
}

TEST(OmeTiffSink, DeflatedPagesOfManyStripsShrinkAndMayBeCut) {
  const Layout layout = make_layout(DType::u16, {{"t", 6}}, {{"y", 700}, {"x", 900}});
  std::vector<Image> images;
  for (int64_t k = 0; k < 6; ++k) {
    images.emplace_back(DType::u16, layout.whole_item());
    std::fill(images.back().pixels.begin(), images.back().pixels.end(), std::byte(k));
  }
  TempDir dir, stopped;
  EXPECT_LT(deflated(dir, layout, images, 2).size(), 700u * 900 * 2 / 10);
  EXPECT_TRUE(read_all(*reopen(dir), 5) == images[5]);
  deflated(stopped, layout, images, 2, 5);
  const auto source = reopen(stopped);
  ASSERT_EQ(source->layout().stream[0].size, 5);
  EXPECT_TRUE(read_all(*source, 4) == images[4]);
}

TEST(OmeTiffSink, ADeflatedRunThatStoppedGroupsAgoIsCutThere) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", kUnbounded}}, {{"y", 3}, {"x", 4}});
  const auto images = random_items(layout, 600);
  deflated(dir, layout, images, 1, 100);
  const auto source = reopen(dir);
  ASSERT_EQ(source->layout().stream[0].size, 100);
  EXPECT_EQ(read_all(*source, 99), images[99]);
}

TEST(OmeTiffSink, RefusesRegionsWhereItDeflates) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 2}}, {{"y", 8}, {"x", 4}});
  const auto sink = image_sink(dir, layout, "deflate");
  sink->open();
  const Image part = random_image(DType::u8, box(0, 0, 4, 4), 1);
  const Status s = write_image(*sink, layout, 0, part.view());
  ASSERT_FALSE(s.ok());
  EXPECT_THAT(s.issue().cure, HasSubstr("--memory"));
}

TEST(OmeTiffSink, LeavesAFileThatExistsAlone) {
  TempDir dir;
  test::write_text(dir / "a.ome.tif", "mine");
  const auto sink = image_sink(dir, make_layout(DType::u8, {{"t", 2}}, {{"y", 2}, {"x", 2}}));
  try {
    sink->open();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::output_exists);
  }
  EXPECT_EQ(read_text(dir / "a.ome.tif"), "mine");
}

TEST(OmeXml, SizesCanBeOverwrittenInPlace) {
  for (const int64_t n : {int64_t{1}, int64_t{123456}, std::numeric_limits<int64_t>::max()})
    EXPECT_EQ(ome_size("SizeT", n).size(), ome_size("SizeZ", 7).size());
  OmeImage image{"a", {{"t", 3, 1, "", {}}, {"y", 2, 1, "", {}}, {"x", 2, 1, "", {}}}, DType::u8};
  const OmeXml xml = ome_xml(image);
  EXPECT_EQ(xml.text.substr(xml.size_at, 10), "SizeT=\"3\" ");
  EXPECT_THAT(xml.text, HasSubstr("DimensionOrder=\"XYTZC\""));
  EXPECT_THAT(xml.text, Not(HasSubstr("PhysicalSize")));
}

}  // namespace
}  // namespace parfocal
