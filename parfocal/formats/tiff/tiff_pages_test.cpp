/// Which images files hold, and where: chains of directories, stacks behind one directory, files of
/// different lengths, files that are not there.

#include <gmock/gmock.h>

#include <map>

#include "parfocal/formats/tiff/test_pages-inl.h"
#include "parfocal/formats/tiff/tiff_writer.h"

namespace parfocal {
namespace {

using test::copy_link;
using test::numbered_pages;
using test::open_source;
using test::raw_map;
using test::read_failure;
using test::TempDir;
using test::TestPage;
using test::values_of;
using test::write_pages;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<Source> open(const TempDir& dir, const std::string& axes = "auto",
                             const std::string& glob = "*.tif") {
  return open_source("files", raw_map({{"glob", glob}, {"axes", axes}}), dir.path());
}
std::string open_failure(const TempDir& dir, const std::string& axes = "auto",
                         const std::string& glob = "*.tif") {
  try {
    open(dir, axes, glob);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}
std::vector<int> range(int count) {
  std::vector<int> values;
  for (int k = 0; k < count; ++k) values.push_back(k);
  return values;
}

TEST(TiffPages, AChainThatComesBackEndsWhereItDoes) {
  TempDir dir;
  for (const int pages : {1, 2, 6, 40, 100})
    for (int from = 0; from < pages; from += 1 + from / 5)
      for (int to = 0; to <= from; to += 1 + to / 3) {
        const auto links = write_pages(dir / "a.tif", numbered_pages(pages));
        copy_link(dir / "a.tif", links, static_cast<size_t>(from) + 1, static_cast<size_t>(to));
        const auto source = open(dir);
        ASSERT_EQ(values_of(*source), range(from + 1)) << pages << " " << from << " " << to;
        ASSERT_THAT(source->notices()[0], HasSubstr("a.tif is damaged"));
      }
}

TEST(TiffPages, AnotherFileKeepsItsPlacesWhereItsChainComesBack) {
  TempDir dir;
  write_pages(dir / "a.tif", numbered_pages(6));
  copy_link(dir / "b.tif", write_pages(dir / "b.tif", numbered_pages(6, 10)), 4, 1);
  write_pages(dir / "c.tif", numbered_pages(6, 20));
  EXPECT_THAT(values_of(*open(dir, "tyx")),
              ElementsAre(0, 1, 2, 3, 4, 5, 10, 11, 12, 13, -1, -1, 20, 21, 22, 23, 24, 25));
  EXPECT_THAT(read_failure(*open(dir, "tyx"), 10), HasSubstr("b.tif, page 4: the page is missing"));
}

TEST(TiffPages, PagesThatADescriptionSpeaksOfAndThatAreNotThereCannotBeRead) {
  TempDir dir;
  auto pages = numbered_pages(6);
  pages[0].description = "ImageJ=1.53t\nimages=6\nframes=6\n";
  const auto links = write_pages(dir / "a.tif", pages);
  copy_link(dir / "a.tif", links, 3, 6);  // the last one's link is 0
  const auto source = open(dir);
  EXPECT_THAT(values_of(*source), ElementsAre(0, 1, 2, -1, -1, -1));
  EXPECT_THAT(source->notices()[0], HasSubstr("speaks of 6 pages, there are 3"));
  EXPECT_THAT(read_failure(*source, 3), HasSubstr("the file has 3 pages"));
}

TEST(TiffPages, ReducedImagesAndMasksAreNoFrames) {
  TempDir dir;
  std::vector<TestPage> pages;
  for (uint16_t k = 0; k < 50; ++k) {
    pages.push_back({k});
    for (int i = 0; i < k % 3; ++i) pages.push_back({999, "", {{254, 4, 1, i == 0 ? 1u : 4u}}});
    if (k % 7 == 0) pages.push_back({999, "", {{255, 3, 1, 2}}});
  }
  write_pages(dir / "a.tif", pages);
  const auto source = open(dir, "tyx");
  EXPECT_EQ(values_of(*source), range(50));
  for (const int64_t k : {49, 3, 17, 48, 0}) EXPECT_EQ(read_failure(*source, k), "");
  EXPECT_EQ(source->row(20).page, 20);
  // Where the first is one, all are.
  write_pages(dir / "a.tif", {{0, "", {{254, 4, 1, 1}}}, {1, "", {{254, 4, 1, 1}}}});
  EXPECT_EQ(values_of(*open(dir, "tyx")), range(2));
}

TEST(TiffPages, AFirstPageThatIsReducedIsNotTheImageOfASubIfd) {
  TempDir dir;
  write_pages(dir / "a.tif", {{0, "", {{254, 4, 1, 1}, {330, 4, 1, 8}}}});
  EXPECT_THAT(open_failure(dir), HasSubstr("lies in SubIFDs"));
  write_pages(dir / "a.tif", {{7, "", {{330, 4, 1, 8}}}});
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(7));
}

// What follows the first page as its SubIFD only.
std::vector<std::string> notices_with(const TempDir& dir, const TestPage& sub) {
  uint32_t at = 0;
  const auto write = [&] {
    const auto links = write_pages(dir / "a.tif", {{1, "", {{330, 4, 1, at}}}, sub});
    std::string file = test::read_text(dir / "a.tif");
    std::memcpy(&at, file.data() + links[1], 4);
    std::memset(file.data() + links[1], 0, 4);
    test::write_text(dir / "a.tif", file);
  };
  write();
  write();
  const auto source = open(dir);
  EXPECT_THAT(values_of(*source), ElementsAre(1));
  return source->notices();
}

TEST(TiffPages, WholeImagesInSubIfdsAreNotLeftOutWithoutAWord) {
  TempDir dir;
  EXPECT_THAT(notices_with(dir, {2}), ElementsAre(HasSubstr("1 more image of full size")));
  EXPECT_THAT(notices_with(dir, {2, "", {{254, 4, 1, 1}}}), ElementsAre()) << "reduced";
  EXPECT_THAT(notices_with(dir, {2, "", {{256, 3, 1, 2}, {257, 3, 1, 1}}}), ElementsAre());
  EXPECT_THAT(notices_with(dir, {2, "", {{257, 3, 1, 2}}}), ElementsAre()) << "as wide";
  EXPECT_THAT(notices_with(dir, {2, "", {{256, 3, 1, 3}}}), ElementsAre()) << "as high";
}

// Images behind one directory follow the first.
void append_images(const std::filesystem::path& path, int first, int count) {
  std::string file = test::read_text(path), head = file.substr(0, 8 + 24);
  for (int k = 0; k < count; ++k)
    for (int i = 0; i < 12; ++i) test::append_number(head, static_cast<uint32_t>(first + k), 2);
  const uint32_t moved = static_cast<uint32_t>(24 * count);
  uint32_t at = 0;
  std::memcpy(&at, file.data() + 4, 4);
  const std::string tail = file.substr(8 + 24);
  std::memcpy(head.data() + 4, &(at += moved), 4);
  std::string moved_file = head + tail;
  // Texts of descriptions move, too.
  uint16_t entries = 0;
  std::memcpy(&entries, moved_file.data() + at, 2);
  for (uint16_t e = 0; e < entries; ++e) {
    char* entry = moved_file.data() + at + 2 + 12 * e;
    uint16_t tag = 0;
    uint32_t value = 0;
    std::memcpy(&tag, entry, 2);
    std::memcpy(&value, entry + 8, 4);
    if (tag == 270) std::memcpy(entry + 8, &(value += moved), 4);
  }
  test::write_text(path, moved_file);
}

TEST(TiffPages, AllImagesBehindOneDirectoryAreRead) {
  const std::string imagej = "ImageJ=1.53t\nimages=5\nslices=5\n";
  const std::string shaped = R"({"shape": [5, 3, 4], "truncated": true})";
  const std::vector<TestPage> kinds = {
      {0, imagej}, {0, shaped}, {0, "", {{32997, 4, 1, 5}}}, {0, "", {{33629, 5, 5, 8}}}};
  for (const TestPage& kind : kinds) {
    TempDir dir;
    write_pages(dir / "a.tif", {kind});
    append_images(dir / "a.tif", 1, 4);
    for (const std::string axes : {"auto", "tyx", "zyx"})
      EXPECT_EQ(values_of(*open(dir, axes)), range(5)) << kind.description << axes;
    std::filesystem::copy(dir / "a.tif", dir / "b.tif");
    EXPECT_THAT(values_of(*open(dir)), ElementsAre(0, 1, 2, 3, 4, 0, 1, 2, 3, 4));
  }
}

TEST(TiffPages, ManyImagesBehindOneDirectoryThatCannotBeToldApartAreRefused) {
  TempDir dir;
  write_pages(dir / "a.tif", {{0, "", {{32997, 4, 1, 5}, {259, 3, 1, 5}}}});
  EXPECT_THAT(open_failure(dir), HasSubstr("a directory of 5 images that are compressed"));
  const std::string shaped = R"({"shape": [5, 3, 4], "truncated": true})";
  write_pages(dir / "a.tif", {{0, shaped}, {1, shaped}});
  EXPECT_THAT(open_failure(dir), HasSubstr("several series, each behind one directory"));
  write_pages(dir / "a.tif", {{0, "", {{32997, 4, 1, 2}}}, {1}});
  EXPECT_THAT(read_failure(*open(dir), 2), HasSubstr("other images behind it"));
}

TEST(TiffPages, AnImageJTextOfMoreImagesThanTheFileHoldsHidesNone) {
  TempDir dir;
  write_pages(dir / "a.tif", {{7, "ImageJ=1.53t\nimages=1000\nslices=1000\n"}});
  EXPECT_THAT(values_of(*open(dir, "tyx")), ElementsAre(7));
  EXPECT_EQ(open(dir)->layout().stream_count(), 1000);
  EXPECT_EQ(read_failure(*open(dir), 0), "");
  EXPECT_THAT(read_failure(*open(dir), 1), HasSubstr("the page is missing"));
}

TEST(TiffPages, AChainThatIsCutLeavesNoImagesBehindWhereADirectoryLies) {
  TempDir dir;
  TestPage last{7, "ImageJ=1.53t\nimages=3\nframes=3\n", {{273, 4, 1, 8}}};  // pixels of the first
  const auto links = write_pages(dir / "a.tif", {{5}, last});
  copy_link(dir / "a.tif", links, 0, 1);
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(5, -1, -1));
  EXPECT_THAT(open(dir)->notices()[0], HasSubstr("speaks of 3 pages, there is 1"));
}

TEST(TiffPages, AFileOfSeveralImagesAmongFilesOfOneFailsByName) {
  TempDir dir;
  write_pages(dir / "a.tif", numbered_pages(1));
  write_pages(dir / "b.tif", numbered_pages(3, 10));
  write_pages(dir / "c.tif", {{20, "ImageJ=1.53t\nimages=3\n"}});
  append_images(dir / "c.tif", 21, 2);
  write_pages(dir / "d.tif", {{30}, {31, "", {{254, 4, 1, 1}}}});
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(0, -1, -1, 30));
  EXPECT_THAT(read_failure(*open(dir), 1), HasSubstr("b.tif: the file holds several images"));
}

void write_stack(const std::filesystem::path& path, int slices, int first,
                 const std::string& axis = "slices") {
  auto pages = numbered_pages(slices, first);
  const std::string n = std::to_string(slices);
  pages[0].description = "ImageJ=1.53t\nimages=" + n + "\n" + axis + "=" + n + "\n";
  write_pages(path, pages);
}

TEST(TiffPages, StacksOfDifferentLengthsAreRefusedByName) {
  TempDir dir;
  write_stack(dir / "a.tif", 3, 0);
  write_stack(dir / "b.tif", 2, 10);
  write_stack(dir / "c.tif", 4, 20);
  EXPECT_THAT(open_failure(dir), HasSubstr("b.tif says z=2, a.tif says z=3"));
  EXPECT_THAT(open_failure(dir, "tzyx"), HasSubstr("b.tif: the files hold different numbers"));
  RawValue stated = raw_map({{"glob", "*.tif"}, {"axes", "tzyx"}});
  stated.set("sizes", raw_map({{"z", "3"}}));
  EXPECT_THROW(open_source("files", stated, dir.path()), Error);
  // The cure that is printed.
  EXPECT_THAT(values_of(*open(dir, "tyx")), ElementsAre(0, 1, 2, 10, 11, 20, 21, 22, 23));
}

TEST(TiffPages, MoviesOfDifferentLengthsFollowEachOther) {
  TempDir dir;
  write_stack(dir / "a.tif", 3, 0, "frames");
  write_stack(dir / "b.tif", 2, 10, "frames");
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(0, 1, 2, 10, 11));
}

TEST(TiffPages, AMovieInPiecesMayBeCutAnywhereButNotFilesOfAnyLength) {
  RawValue stated = raw_map({{"glob", "*.tif"}, {"axes", "tzyx"}});
  stated.set("sizes", raw_map({{"z", "5"}}));
  TempDir pieces;
  write_pages(pieces / "a.tif", numbered_pages(7));
  write_pages(pieces / "b.tif", numbered_pages(3, 7));
  EXPECT_EQ(values_of(*open_source("files", stated, pieces.path())), range(10));
  TempDir steps;
  write_pages(steps / "a.tif", numbered_pages(5));
  write_pages(steps / "b.tif", numbered_pages(10, 5));
  EXPECT_EQ(values_of(*open_source("files", stated, steps.path())), range(15));
  TempDir any;
  write_pages(any / "a.tif", numbered_pages(4));
  write_pages(any / "b.tif", numbered_pages(6, 4));
  EXPECT_THROW(open_source("files", stated, any.path()), Error);
}

// The pages of t=4 c=2 z=3 in the order of `axes`, slowest first; each of its place along t c z.
std::vector<TestPage> pages_in_order(const std::string& axes) {
  std::vector<TestPage> pages;
  std::map<char, int> size = {{'t', 4}, {'c', 2}, {'z', 3}}, at;
  for (int k = 0; k < 24; ++k) {
    for (int rest = k, i = 2; i >= 0; --i) {
      const char axis = axes.at(static_cast<size_t>(i));
      at[axis] = rest % size[axis];
      rest /= size[axis];
    }
    pages.push_back({static_cast<uint16_t>((at['t'] * 2 + at['c']) * 3 + at['z'])});
  }
  return pages;
}

TEST(TiffPages, StatedAxesAreThoseOfThePagesInAnyOrder) {
  for (const std::string order : {"tcz", "tzc", "ctz", "czt", "ztc", "zct"}) {
    TempDir dir;
    write_pages(dir / "a.tif", pages_in_order(order));
    RawValue sizes = raw_map({{"t", "4"}, {"c", "2"}, {"z", "3"}}), params;
    std::erase_if(sizes.entries, [&](const auto& e) { return e.first == order.substr(0, 1); });
    params = raw_map({{"glob", "*.tif"}, {"axes", order + "yx"}});
    params.set("sizes", sizes);
    const auto source = open_source("files", params, dir.path());
    EXPECT_EQ(source->layout().str(), "t=4 c=2 z=3 | y=3 x=4 uint16") << order;
    EXPECT_EQ(values_of(*source), range(24)) << order;
  }
}

TEST(TiffPages, OtherAxesKeepTheirPlaces) {
  TempDir dir;
  write_pages(dir / "a.tif", numbered_pages(12));
  RawValue params = raw_map({{"glob", "*.tif"}, {"axes", "zpcyx"}});
  params.set("sizes", raw_map({{"p", "3"}, {"c", "2"}}));
  const auto source = open_source("files", params, dir.path());
  EXPECT_EQ(source->layout().str(), "c=2 p=3 z=2 | y=3 x=4 uint16");
  EXPECT_THAT(values_of(*source), ElementsAre(0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11));
}

TEST(TiffPages, ALinkWithoutItsFileKeepsItsPlace) {
  TempDir dir;
  for (const char* name : {"a.tif", "c.tif", "d.tif"}) write_pages(dir / name, {{1}});
  std::filesystem::create_symlink("nowhere", dir / "b.tif");
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(1, -1, 1, 1));
  EXPECT_THAT(read_failure(*open(dir), 1), HasSubstr("b.tif: cannot open"));
  std::filesystem::remove(dir / "a.tif");
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(-1, 1, 1));
  EXPECT_THAT(values_of(*open(dir, "tyx", "[c]*.tif")), ElementsAre(1));
}

TEST(TiffPages, AnInputThatIsReplacedIsNoticed) {
  TempDir dir;
  write_pages(dir / "a.tif", {{1}});
  write_pages(dir / "b.tif", {{2}});
  const auto source = open(dir);
  EXPECT_TRUE(source->unchanged().ok());
  const auto time = std::filesystem::last_write_time(dir / "b.tif");
  // Another file of the same size and time.
  write_pages(dir / "new", {{3}});
  std::filesystem::last_write_time(dir / "new", time);
  std::filesystem::rename(dir / "new", dir / "b.tif");
  ASSERT_FALSE(source->unchanged().ok());
  EXPECT_EQ(source->unchanged().issue().where, "b.tif");
  const auto again = open(dir);
  std::filesystem::last_write_time(dir / "a.tif", time + std::chrono::nanoseconds(1000));
  EXPECT_EQ(again->unchanged().issue().where, "a.tif");
  const auto last = open(dir);
  std::filesystem::remove(dir / "a.tif");
  EXPECT_THAT(last->unchanged().issue().str(), HasSubstr("not there any more"));
}

TEST(TiffPages, AGlobThatIsAFolderOrNamesTheHomeIsToldHowToBeWritten) {
  TempDir dir;
  std::filesystem::create_directory(dir / "movie");
  write_pages(dir / "movie/a.tiff", {{1}});
  EXPECT_THAT(open_failure(dir, "auto", "movie"), HasSubstr("write glob: \"movie/*.tiff\""));
  EXPECT_THAT(open_failure(dir, "auto", "movie/"), HasSubstr("write glob: \"movie/*.tiff\""));
  EXPECT_EQ(open_failure(dir, "auto", "movie/*.tiff"), "");
  EXPECT_THAT(open_failure(dir, "auto", "~/none/*.tif"), HasSubstr("~ is not known here"));
}

TEST(TiffPages, WhatCannotBeReadIsNamed) {
  const auto failure_of = [](const TestPage& page) {
    TempDir dir;
    write_pages(dir / "a.tif", {page});
    return open_failure(dir);
  };
  EXPECT_THAT(failure_of({0, "", {{259, 3, 1, 34925}}}), HasSubstr("LZMA compression is not"));
  EXPECT_THAT(failure_of({0, "", {{259, 3, 1, 50000}}}), HasSubstr("Zstandard compression"));
  EXPECT_THAT(failure_of({0, "", {{259, 3, 1, 7}}}), HasSubstr("JPEG compression"));
  EXPECT_THAT(failure_of({0, "", {{259, 3, 1, 12345}}}), HasSubstr("TIFF compression 12345"));
  EXPECT_THAT(failure_of({0, "", {{259, 3, 1, 32773}, {317, 3, 1, 2}}}),
              HasSubstr("differences in place of pixels (predictor 2) with PackBits compression"));
  EXPECT_THAT(failure_of({0, "", {{317, 3, 1, 2}}}), HasSubstr("with no compression"));
  EXPECT_THAT(failure_of({0, "", {{339, 3, 1, 3}}}), HasSubstr("float16 is not supported"));
  EXPECT_THAT(failure_of({0, "", {{258, 3, 1, 12}}}), HasSubstr("a pixel of 12 bits"));
  EXPECT_THAT(failure_of({0, "", {{273, 1, 1, 8}}}), HasSubstr("offsets of type 1"));
  EXPECT_THAT(failure_of({0, "", {{317, 0, 1, 2}}}), HasSubstr("tag 317 has 1 values of type 0"));
  EXPECT_THAT(failure_of({0, "", {{32997, 4, 0, 2}}}), HasSubstr("tag 32997 has 0 values"));
}

// As in files that were never written whole (sparse ones): the header is no image.
TEST(TiffPages, AStripWithoutAPlaceIsNotReadFromTheHeader) {
  for (const uint16_t compression : {1, 5}) {
    TempDir dir;
    write_pages(dir / "a.tif", {{7}, {8, "", {{259, 3, 1, compression}, {273, 4, 1, 0}}}});
    const auto source = open(dir);
    EXPECT_THAT(values_of(*source), ElementsAre(7, -1));
    EXPECT_THAT(read_failure(*source, 1), HasSubstr("strip 0 of a page has no place in the file"));
  }
}

// PackBits: a literal run of 8 bytes is 9 bytes long, and two byte counts fill their entry.
TEST(TiffPages, ByteCountsThatFillTheirEntryLieInIt) {
  TempDir dir;
  std::string strips;
  for (const char value : {'\1', '\2'})
    strips += '\7' + std::string({value, 0, value, 0, value, 0, value, 0});
  std::string table(8, '\0');
  const auto write = [&] {
    write_pages(dir / "a.tif", {{0,
                                 "",
                                 {{65000, 1, 18, 0, strips},
                                  {257, 3, 1, 2},
                                  {259, 3, 1, 32773},
                                  {278, 3, 1, 1},
                                  {279, 3, 2, 9 | 9 << 16},
                                  {273, 4, 2, 0, table}}}});
  };
  write();  // then with the positions of the strips
  const size_t at = test::read_text(dir / "a.tif").find(strips);
  table.clear();
  test::append_number(table, static_cast<uint32_t>(at), 4);
  test::append_number(table, static_cast<uint32_t>(at + 9), 4);
  write();
  const auto source = open(dir);
  ASSERT_EQ(source->layout().str(), "| y=2 x=4 uint16");
  const test::Image image = test::read_all(*source, 0);
  uint16_t pixels[8];
  std::memcpy(pixels, image.pixels.data(), 16);
  EXPECT_THAT(pixels, ElementsAre(1, 1, 1, 1, 2, 2, 2, 2));
}

TEST(TiffPages, MemoryIsPlannedForCompressedFilesAmongPlainOnes) {
  TempDir dir;
  const test::Image flat(DType::u16, Region::whole({800, 700}));
  const View view = flat.view();
  for (const char* name : {"a.tif", "b.tif", "c.tif"})
    ASSERT_TRUE(write_tiff(dir / name, view, 0,
                           name[0] == 'b' ? TiffCompression::lzw : TiffCompression::none)
                    .ok());
  const auto source = open(dir);
  for (int64_t k = 0; k < 3; ++k) EXPECT_EQ(read_failure(*source, k), "") << k;
  EXPECT_GT(source->read_bytes(), 800 * 700 * 2);
  std::filesystem::remove(dir / "b.tif");
  EXPECT_LE(open(dir)->read_bytes(), 1 << 20);
}

}  // namespace
}  // namespace parfocal
