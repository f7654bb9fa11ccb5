/// Which files a pattern means and in which order, and pages of which files have very many.

#include <gmock/gmock.h>

#include "parfocal/formats/tiff/test_pages-inl.h"
#include "parfocal/formats/tiff/tiff_writer.h"

namespace parfocal {
namespace {

using test::numbered_pages;
using test::open_source;
using test::raw_map;
using test::read_failure;
using test::TempDir;
using test::TestEntry;
using test::TestPage;
using test::values_of;
using test::write_pages;
using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<Source> open(const TempDir& dir, const std::string& glob = "*.tif",
                             const std::string& order = "natural") {
  return open_source("files", raw_map({{"glob", glob}, {"axes", "tyx"}, {"order", order}}),
                     dir.path());
}

TEST(TiffFiles, FollowEachOtherByTheirTimesWhereAsked) {
  TempDir dir;
  const auto now = std::filesystem::file_time_type::clock::now();
  for (const auto& [name, age] :
       std::map<std::string, int>{{"a", 1}, {"b", 3}, {"c", 2}, {"d", 3}}) {
    write_pages(dir / (name + ".tif"), numbered_pages(1, name[0] - 'a'));
    std::filesystem::last_write_time(dir / (name + ".tif"), now - std::chrono::hours(age));
  }
  EXPECT_THAT(values_of(*open(dir, "*.tif", "time")), ElementsAre(1, 3, 2, 0));
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(0, 1, 2, 3));
}

// macOS puts ._a.tif beside a.tif on disks of other systems.
TEST(TiffFiles, HiddenOnesAreNotMeantByWildcards) {
  TempDir dir;
  write_pages(dir / "a.tif", {{1}});
  test::write_text(dir / "._a.tif", "no image");
  for (const char* glob : {"*.tif", "?*.tif", "[._a]*.tif"})
    EXPECT_THAT(values_of(*open(dir, glob)), ElementsAre(1)) << glob;
  EXPECT_THAT(values_of(*open(dir, "*.tif")).size(), 1);
}

TEST(TiffFiles, MemoryIsPlannedForACompressedOneAmongManyPlainOnes) {
  TempDir dir;
  const test::Image flat(DType::u16, Region::whole({400, 500}));
  const View view = flat.view();
  for (int k = 0; k < 70; ++k) {
    const auto compression = k == 66 ? TiffCompression::lzw : TiffCompression::none;
    ASSERT_TRUE(write_tiff(dir / (std::to_string(k) + ".tif"), view, 0, compression).ok());
  }
  const auto source = open(dir);
  EXPECT_EQ(read_failure(*source, 66), "");
}

// Places of pages are kept for every sixteenth, of longer chains for fewer.
TEST(TiffFiles, PagesOfAVeryLongChainAreFound) {
  TempDir dir;
  write_pages(dir / "a.tif", numbered_pages(40000));
  const auto source = open(dir);
  ASSERT_EQ(source->layout().stream_count(), 40000);
  // Backwards, so that none is found by the one before.
  for (const int64_t k :
       {39999, 39968, 33001, 32768, 32767, 20000, 16385, 16384, 16383, 64, 63, 17, 16, 15, 1, 0}) {
    const test::Image image = test::read_all(*source, k);
    uint16_t value = 0;
    std::memcpy(&value, image.pixels.data(), 2);
    EXPECT_EQ(value, k);
  }
}

TEST(TiffFiles, DirectoriesOfVeryManyTagsAreReadToTheirEnd) {
  TempDir dir;
  auto pages = numbered_pages(3);
  for (TestPage& page : pages) {
    for (uint16_t i = 0; i < 100; ++i)
      page.more.push_back({static_cast<uint16_t>(65000 + i), 3, 1, i});
    page.more.push_back({339, 3, 1, 2});  // the last one says that pixels have a sign
  }
  write_pages(dir / "a.tif", pages);
  const auto source = open(dir);
  EXPECT_EQ(source->layout().str(), "t=3 | y=3 x=4 int16");
  EXPECT_THAT(values_of(*source), ElementsAre(0, 1, 2));
}

// The second image lies behind the first only where the strips of the first lie together.
TEST(TiffFiles, ImagesBehindADirectoryWhoseStripsLieApartAreRefused) {
  TempDir dir;
  const auto table = [](std::initializer_list<uint32_t> values) {
    std::string text;
    for (const uint32_t value : values) test::append_number(text, value, 4);
    return text;
  };
  const auto strips_at = [&](std::initializer_list<uint32_t> places) {
    write_pages(dir / "a.tif", {{7,
                                 "",
                                 {{32997, 4, 1, 2},
                                  {278, 3, 1, 1},
                                  {273, 4, 3, 0, table(places)},
                                  {279, 4, 3, 0, table({8, 8, 8})}}}});
    return open(dir);
  };
  EXPECT_EQ(read_failure(*strips_at({8, 16, 24}), 1), "");
  EXPECT_THAT(values_of(*strips_at({8, 16, 40})), ElementsAre(7, -1));
  EXPECT_THAT(read_failure(*strips_at({8, 16, 40}), 1), HasSubstr("lie apart"));
}

// A resolution of 8 bytes fits the entry of a BigTIFF.
TEST(TiffFiles, TheResolutionOfABigTiffIsAScale) {
  std::string file("II\x2b\0\x08\0\0\0", 8);
  const auto number = [&](uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) file += static_cast<char>(value >> (8 * i) & 0xff);
  };
  number(40, 8);
  file.append(24, '\7');
  const std::vector<std::array<uint64_t, 3>> entries = {{256, 3, 4},
                                                        {257, 3, 3},
                                                        {258, 3, 16},
                                                        {259, 3, 1},
                                                        {262, 3, 1},
                                                        {273, 16, 16},
                                                        {277, 3, 1},
                                                        {278, 3, 3},
                                                        {279, 16, 24},
                                                        {282, 5, 40000 | uint64_t{1} << 32},
                                                        {283, 5, 20000 | uint64_t{1} << 32},
                                                        {296, 3, 3}};
  number(entries.size(), 8);
  for (const auto& [tag, type, value] : entries) {
    number(tag, 2);
    number(type, 2);
    number(1, 8);
    number(value, 8);
  }
  number(0, 8);
  TempDir dir;
  test::write_text(dir / "a.tif", file);
  const auto source = open(dir);
  EXPECT_THAT(values_of(*source), ElementsAre(0x0707));
  EXPECT_DOUBLE_EQ(source->layout().item[1].scale, 0.25);
  EXPECT_DOUBLE_EQ(source->layout().item[0].scale, 0.5);
  EXPECT_EQ(source->layout().item[1].unit, "um");
}

}  // namespace
}  // namespace parfocal
