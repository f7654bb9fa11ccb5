/// Pages of several samples per pixel, and of palettes: bytes that are known, as channels.

#include <gmock/gmock.h>

#include "parfocal/formats/tiff/test_colours-inl.h"
#include "parfocal/formats/tiff/tiff_reader.h"

namespace parfocal {
namespace {

using test::ColourPage;
using test::counted;
using test::numbers;
using test::open_source;
using test::raw_map;
using test::read_all;
using test::read_failure;
using test::TempDir;
using test::TestPage;
using test::write_colours;
using test::write_pages;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<Source> open(const TempDir& dir, const std::string& axes = "auto") {
  return open_source("files", raw_map({{"glob", "*.tif"}, {"axes", axes}}), dir.path());
}
std::string open_failure(const TempDir& dir, const std::string& axes = "auto") {
  try {
    open(dir, axes);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

std::vector<int> bytes_of(const test::Image& image) {
  std::vector<int> values;
  for (const std::byte b : image.pixels) values.push_back(static_cast<int>(b));
  return values;
}
// Each `step`th number from `first` on.
std::vector<int> stepped(int first, int step, int count) {
  std::vector<int> values;
  for (int k = 0; k < count; ++k) values.push_back(first + k * step);
  return values;
}
std::vector<std::string> labels_of(const Source& source) {
  const Layout& layout = source.layout();
  return layout.stream.at(static_cast<size_t>(layout.find_stream("c"))).labels;
}
// All channels of a page at once are those that come one by one.
void expect_group(const Source& source, int64_t first) {
  const int64_t n = source.items_per_read(), bytes = source.layout().item_bytes();
  std::vector<std::byte> group(static_cast<size_t>(n * bytes));
  std::vector<FrameHeader> headers(static_cast<size_t>(n));
  ASSERT_TRUE(source.read_group(first, group, headers));
  for (int64_t k = 0; k < n; ++k) {
    const auto one = group.begin() + k * bytes;
    EXPECT_EQ(read_all(source, first + k).pixels, std::vector<std::byte>(one, one + bytes)) << k;
  }
}

TEST(TiffColours, SamplesSideBySideAreTheFastestAxis) {
  TempDir dir;
  write_colours(dir / "a.tif", {{}, {}}, counted(72));
  const auto source = open(dir);
  EXPECT_EQ(source->layout().str(), "t=2 c=3 | y=3 x=4 uint8");
  EXPECT_THAT(labels_of(*source), ElementsAre("r", "g", "b"));
  EXPECT_EQ(source->items_per_read(), 3);
  for (int k = 0; k < 6; ++k)
    EXPECT_EQ(bytes_of(read_all(*source, k)), stepped(k / 3 * 36 + k % 3, 3, 12)) << k;
  for (const int k : {0, 3}) expect_group(*source, k);
  for (const int k : {1, 5}) test::expect_regions_agree(*source, k, 2, 3);
  EXPECT_EQ(source->row(4).page, 1);
}

TEST(TiffColours, SamplesInPlanesAreTheSameAxis) {
  TempDir dir;
  for (const uint32_t rows : {3u, 2u, 1u}) {
    write_colours(dir / "a.tif", {{.planar = true, .rows = rows}}, counted(36));
    const auto source = open(dir);
    EXPECT_EQ(source->layout().str(), "c=3 | y=3 x=4 uint8");
    for (int k = 0; k < 3; ++k)
      EXPECT_EQ(bytes_of(read_all(*source, k)), stepped(12 * k, 1, 12)) << rows;
    expect_group(*source, 0);
    test::expect_regions_agree(*source, 2, 2, 3);
  }
}

TEST(TiffColours, StripsAndTilesAreOfAllSamples) {
  TempDir dir;
  write_colours(dir / "a.tif", {{.rows = 2}}, counted(36));
  EXPECT_EQ(bytes_of(read_all(*open(dir), 1)), stepped(1, 3, 12));
  // Two tiles of 16 x 16 for 3 rows of 20 columns.
  write_colours(dir / "a.tif",
                {{.width = 20, .samples = 2, .photometric = 1, .rows = 16, .tiled = true}},
                counted(2 * 16 * 16 * 2));
  const auto source = open(dir);
  EXPECT_THAT(labels_of(*source), ElementsAre("0", "1"));
  const auto pixels = bytes_of(read_all(*source, 1));
  EXPECT_EQ(pixels[0], 1);
  EXPECT_EQ(pixels[20], 33) << "row 1";
  EXPECT_EQ(pixels[16], 1) << "the second tile begins 512 bytes later";
  EXPECT_EQ(pixels[17], 3);
  test::expect_regions_agree(*source, 0, 2, 7);
}

TEST(TiffColours, ChannelsAreNamedAsTheTagsSay) {
  const auto names_of = [](const ColourPage& page) {
    TempDir dir;
    write_colours(dir / "a.tif", {page}, counted(12 * static_cast<int>(page.samples)));
    return labels_of(*open(dir));
  };
  EXPECT_THAT(names_of({.samples = 4}), ElementsAre("r", "g", "b", "a"));
  EXPECT_THAT(names_of({.samples = 2, .photometric = 1, .more = {{338, 3, 1, 2}}}),
              ElementsAre("grey", "a"));
  EXPECT_THAT(names_of({.samples = 2, .photometric = 1, .more = {{338, 3, 1, 0}}}),
              ElementsAre("0", "1"));
  EXPECT_THAT(names_of({.samples = 3, .photometric = 1}), ElementsAre("0", "1", "2"));
}

// Of 256 colours: place k has (2 k, k, 255 - k), times `factor`.
TestPage page_of_palette(uint32_t factor, const std::string& description = "") {
  std::vector<uint32_t> map;
  for (uint32_t k = 0; k < 256; ++k) map.push_back((2 * k & 255) * factor);
  for (uint32_t k = 0; k < 256; ++k) map.push_back(k * factor);
  for (uint32_t k = 0; k < 256; ++k) map.push_back((255 - k) * factor);
  return {0x0105,  // places 5 and 1
          description,
          {{258, 3, 1, 8}, {262, 3, 1, 3}, {320, 3, 768, 0, numbers(map, 2)}}};
}

TEST(TiffColours, PalettesBecomeTheirColours) {
  TempDir dir;
  for (const uint32_t factor : {257u, 256u}) {
    write_pages(dir / "a.tif", {page_of_palette(factor)});
    const auto source = open(dir);
    EXPECT_EQ(source->layout().str(), "c=3 | y=3 x=4 uint8");
    EXPECT_THAT(labels_of(*source), ElementsAre("r", "g", "b"));
    EXPECT_THAT(source->notices(),
                ElementsAre(HasSubstr("places in a palette: its colours (r, g")));
    for (const auto& [channel, five, one] : {std::array{0, 10, 2}, {1, 5, 1}, {2, 250, 254}}) {
      const auto pixels = bytes_of(read_all(*source, channel));
      EXPECT_EQ(pixels[0], five);
      EXPECT_EQ(pixels[1], one);
    }
    expect_group(*source, 0);
    test::expect_regions_agree(*source, 2, 2, 3);
  }
  write_pages(dir / "a.tif", {page_of_palette(255)});
  const auto source = open(dir);
  EXPECT_EQ(source->layout().dtype, DType::u16) << "colours that are no bytes";
  uint16_t first = 0;
  std::memcpy(&first, read_all(*source, 0).pixels.data(), 2);
  EXPECT_EQ(first, 10 * 255);
}

TEST(TiffColours, PalettesThatOnlyShowNumbersLeaveThem) {
  TempDir dir;
  write_pages(dir / "a.tif", {page_of_palette(257, "ImageJ=1.53f\nunit=\n")});
  EXPECT_EQ(open(dir)->layout().str(), "| y=3 x=4 uint8");
  EXPECT_EQ(bytes_of(read_all(*open(dir), 0))[0], 5);
  std::vector<uint32_t> greys;
  for (uint32_t k = 0; k < 768; ++k) greys.push_back(k % 256 * 257);
  write_pages(
      dir / "a.tif",
      {{0x0105, "", {{258, 3, 1, 8}, {262, 3, 1, 3}, {320, 3, 768, 0, numbers(greys, 2)}}}});
  EXPECT_EQ(open(dir)->layout().str(), "| y=3 x=4 uint8") << "greys";
  EXPECT_EQ(bytes_of(read_all(*open(dir), 0))[0], 5);
}

TEST(TiffColours, StatedAxesAreThoseOfThePages) {
  TempDir dir;
  write_colours(dir / "a.tif", {{}}, counted(36));
  write_colours(dir / "b.tif", {{}}, counted(36, 40));
  const auto source = open(dir, "tyx");
  EXPECT_EQ(source->layout().str(), "t=2 c=3 | y=3 x=4 uint8");
  EXPECT_THAT(source->notices(), ElementsAre(HasSubstr("3 channels (r, g, b)")));
  EXPECT_EQ(bytes_of(read_all(*source, 4))[0], 41);
  EXPECT_THAT(open_failure(dir, "tcyx"), HasSubstr("write axes: tyx"));
  EXPECT_THAT(open_failure(dir, "tcyx"), HasSubstr("channel: r"));
}

std::string ome(const std::string& sizes, const std::string& channels) {
  return "<?xml version=\"1.0\"?><OME><Image><Pixels " + sizes +
         " DimensionOrder=\"XYCZT\" SizeX=\"4\" SizeY=\"3\" Type=\"uint8\">" + channels +
         "<TiffData/></Pixels></Image></OME>";
}
const std::string kRgbChannel = "<Channel Name=\"light\" SamplesPerPixel=\"3\"/>";

TEST(TiffColours, OmeXmlCountsSamplesAsChannels) {
  TempDir dir;
  ColourPage page;
  page.description = ome("SizeC=\"3\" SizeZ=\"2\" SizeT=\"1\"", kRgbChannel);
  write_colours(dir / "a.tif", {page, {}}, counted(72));
  auto source = open(dir);
  EXPECT_EQ(source->layout().str(), "c=3 z=2 | y=3 x=4 uint8");
  EXPECT_THAT(labels_of(*source), ElementsAre("r", "g", "b"));
  EXPECT_THAT(source->notices(), IsEmpty());
  EXPECT_EQ(bytes_of(read_all(*source, 5))[0], 38);

  page.description = ome("SizeC=\"6\" SizeZ=\"2\" SizeT=\"1\"",
                         "<Channel Name=\"DAPI\" SamplesPerPixel=\"3\"/>"
                         "<Channel SamplesPerPixel=\"3\"/>");
  write_colours(dir / "a.tif", {page, {}, {}, {}}, counted(144));
  source = open(dir);
  EXPECT_EQ(source->layout().str(), "c=6 z=2 | y=3 x=4 uint8");
  EXPECT_THAT(labels_of(*source), ElementsAre("DAPI r", "DAPI g", "DAPI b", "1 r", "1 g", "1 b"));
  // Pages are c of z: item c=4 z=1 is green of page 3, c=2 z=0 blue of page 0.
  EXPECT_EQ(bytes_of(read_all(*source, 9))[0], 3 * 36 + 1);
  EXPECT_EQ(bytes_of(read_all(*source, 4))[0], 2);
  EXPECT_EQ(source->items_per_read(), 1) << "the channels of a page lie apart";
}

TEST(TiffColours, TwoKindsOfChannelsAreRefusedUnlessOneIsOfBoth) {
  TempDir dir;
  ColourPage page;
  page.description = "ImageJ=1.53t\nimages=2\nchannels=2\n";
  write_colours(dir / "a.tif", {page, {}}, counted(72));
  EXPECT_THAT(open_failure(dir), HasSubstr("their pixels have channels, too"));
  EXPECT_EQ(open(dir, "tyx")->layout().str(), "t=2 c=3 | y=3 x=4 uint8") << "the cure";
  page.description = ome("SizeC=\"2\" SizeZ=\"1\" SizeT=\"1\"", "<Channel/><Channel/>");
  write_colours(dir / "a.tif", {page, {}}, counted(72));
  EXPECT_THAT(open_failure(dir), HasSubstr("c=2 as the OME-XML says"));
}

TEST(TiffColours, ShapesOfTifffileNameTheSamples) {
  TempDir dir;
  for (const auto& [planar, shape, axes] :
       {std::tuple{false, "[2, 3, 4, 3]", "ZYXS"}, {true, "[2, 3, 3, 4]", "ZSYX"}}) {
    ColourPage page{.planar = planar};
    page.description = std::string("{\"shape\": ") + shape + ", \"axes\": \"" + axes + "\"}";
    write_colours(dir / "a.tif", {page, {.planar = planar}}, counted(72));
    EXPECT_EQ(open(dir)->layout().str(), "c=3 z=2 | y=3 x=4 uint8") << axes;
  }
  // All images behind one directory.
  for (const bool planar : {false, true}) {
    ColourPage page{.planar = planar, .rows = 2};
    page.description = std::string("{\"shape\": ") + (planar ? "[2, 3, 3, 4]" : "[2, 3, 4, 3]") +
                       ", \"truncated\": true}";
    write_colours(dir / "a.tif", {page}, counted(72));
    const auto source = open(dir);
    EXPECT_EQ(source->layout().str(), "t=2 c=3 | y=3 x=4 uint8");
    EXPECT_EQ(bytes_of(read_all(*source, 5)), planar ? stepped(60, 1, 12) : stepped(38, 3, 12));
  }
}

TEST(TiffColours, AnotherNumberOfChannelsFailsByName) {
  TempDir dir;
  write_colours(dir / "a.tif", {{}}, counted(36));
  write_colours(dir / "b.tif", {{.samples = 4}}, counted(48));
  const auto source = open(dir);
  EXPECT_EQ(source->layout().str(), "t=2 c=3 | y=3 x=4 uint8");
  EXPECT_THAT(read_failure(*source, 3), HasSubstr("3 x 4 x 4 uint8"));
  EXPECT_THAT(read_failure(*source, 3), HasSubstr("3 x 4 x 3 uint8, as in a.tif"));
  std::vector<std::byte> group(36);
  std::vector<FrameHeader> headers(3);
  EXPECT_FALSE(source->read_group(3, group, headers));
  EXPECT_FALSE(source->read_group(1, group, headers)) << "of two pages";
}

TEST(TiffColours, WhatIsNotReadFailsByName) {
  const auto failure_of = [](const ColourPage& page) {
    TempDir dir;
    write_colours(dir / "a.tif", {page}, counted(12 * static_cast<int>(page.samples)));
    return open_failure(dir);
  };
  EXPECT_THAT(failure_of({.samples = 4, .photometric = 5}), HasSubstr("CMYK colours"));
  EXPECT_THAT(failure_of({.photometric = 8}), HasSubstr("CIELab colours"));
  EXPECT_THAT(failure_of({.photometric = 32845}), HasSubstr("LogLuv colours"));
  EXPECT_THAT(failure_of({.photometric = 6}), HasSubstr("YCbCr colours"));
  EXPECT_THAT(failure_of({.more = {{259, 3, 1, 6}}}), HasSubstr("old JPEG compression"));
  EXPECT_THAT(failure_of({.samples = 2}), HasSubstr("an RGB image of 2 samples"));
  EXPECT_THAT(failure_of({.samples = 2, .photometric = 3}), HasSubstr("a palette for 2 samples"));
  EXPECT_THAT(failure_of({.more = {{284, 3, 1, 3}}}), HasSubstr("PlanarConfiguration 3"));
  EXPECT_THAT(failure_of({.more = {{258, 3, 3, 0, numbers({8, 16, 8}, 2)}}}),
              HasSubstr("samples of different types (BitsPerSample 8 and 16)"));
  EXPECT_THAT(failure_of({.more = {{258, 3, 2, 8 | 8 << 16}}}),
              HasSubstr("2 values of BitsPerSample for 3 samples"));
  EXPECT_THAT(failure_of({.more = {{273, 4, 1, 8}, {284, 3, 1, 2}}}),
              HasSubstr("1 offsets for 3 x 1 strips"));
  EXPECT_THAT(failure_of({.more = {{259, 3, 1, 7}, {279, 4, 1, 30}}}), IsEmpty());
  EXPECT_THAT(
      failure_of({.samples = 1, .photometric = 3, .more = {{320, 3, 6, 0, "abcdefghijkl"}}}),
      HasSubstr("a colour map of 6 values"));
}

TEST(TiffColours, WhatCannotBeDecodedIsNoImage) {
  TempDir dir;
  write_colours(dir / "a.tif", {{.more = {{259, 3, 1, 7}}}}, counted(36));
  EXPECT_THAT(read_failure(*open(dir), 0), HasSubstr("cannot be decoded"));
}

TEST(TiffColours, MemoryIsThatOfAllSamples) {
  TiffPage page;
  page.width = page.height = page.block_width = page.block_height = 1000;
  page.blocks_across = page.blocks_down = 1;
  page.samples = 3;
  EXPECT_LT(tiff_read_bytes(page), 1 << 18) << "in pieces";
  page.compression = 5;
  EXPECT_GT(tiff_read_bytes(page), 3'000'000 + 3'000'000);
  page.planar = true;
  EXPECT_LT(tiff_read_bytes(page), 4'000'000);
  page.compression = 7;
  EXPECT_GT(tiff_read_bytes(page), 4'000'000) << "coefficients";
}

// Every byte of small colour pages set to extreme values: no crash, no huge allocation.
TEST(TiffColours, SurvivesDamagedHeaders) {
  TempDir good, dir;
  write_colours(good / "0.tif", {{.rows = 2}}, counted(36));
  write_colours(good / "1.tif", {{.planar = true, .rows = 2}}, counted(36));
  write_colours(good / "2.tif", {{.more = {{259, 3, 1, 7}}}}, counted(36));
  write_pages(good / "3.tif", {page_of_palette(257)});
  for (const char* name : {"0.tif", "1.tif", "2.tif", "3.tif"}) {
    const std::string whole = test::read_text(good / name);
    // The colour map is as long as all else, and any of its values is good.
    for (size_t i = name[0] == '3' ? whole.size() - 160 : 0; i < whole.size(); ++i)
      for (const int value : {0x00, 0x7f, 0xff}) {
        std::string bad = whole;
        bad[i] = static_cast<char>(value);
        std::filesystem::remove(dir / "a.tif");  // replacing in place makes ext4 flush
        test::write_text(dir / "a.tif", bad);
        try {
          const auto source = open(dir, "tyx");
          ASSERT_LE(source->layout().item_bytes(), 1 << 20);
          ASSERT_LE(source->read_bytes(), 1 << 26);
          for (const int64_t k : {0, 1, 2})
            if (k < source->layout().stream_count()) read_failure(*source, k);
        } catch (const Error&) {
        }
      }
  }
}

}  // namespace
}  // namespace parfocal
