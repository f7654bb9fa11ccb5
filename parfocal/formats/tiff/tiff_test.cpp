#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cstring>
#include <numeric>

#include "parfocal/formats/common/file_list.h"
#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/tiff/tiff_writer.h"
#include "test_places.h"

namespace parfocal {
namespace {

using test::box;
using test::Image;
using test::open_source;
using test::random_image;
using test::raw_map;
using test::read_all;
using test::read_failure;
using test::TempDir;
using testing::HasSubstr;

constexpr DType kStored[] = {DType::u8,  DType::u16, DType::u32, DType::u64, DType::i8,
                             DType::i16, DType::i32, DType::i64, DType::f32, DType::f64};

Image write_random(const std::filesystem::path& path, DType dtype, int64_t height, int64_t width,
                   uint32_t seed, TiffOptions options = {}) {
  Image image = random_image(dtype, Region::whole({height, width}), seed);
  const View view = std::as_const(image).view();
  const Status s = write_tiff(path, std::span(&view, 1), options);
  EXPECT_TRUE(s.ok()) << (s.ok() ? "" : s.issue().str());
  return image;
}

std::unique_ptr<Source> open_files(const TempDir& dir, const std::string& axes = "tyx") {
  return open_source("files", raw_map({{"glob", "*.tif"}, {"axes", axes}}), dir.path());
}

TEST(TiffSource, RoundTripsEveryDtypeByteOrderStripAndCompression) {
  for (const DType dtype : kStored)
    for (const bool big_endian : {false, true})
      for (const int64_t rows : {0, 1, 7})
        for (const auto compression : {TiffCompression::none, TiffCompression::lzw,
                                       TiffCompression::deflate, TiffCompression::packbits}) {
          TempDir dir;
          TiffOptions options;
          options.rows_per_strip = rows;
          options.compression = compression;
          options.big_endian = big_endian;
          const Image image = write_random(dir / "a.tif", dtype, 37, 53, 5, options);
          const auto source = open_files(dir);
          ASSERT_EQ(source->layout().dtype, dtype);
          ASSERT_EQ(read_all(*source, 0), image);
          test::expect_regions_agree(*source, 0, 17, 31);
          test::expect_regions_agree(*source, 0, 1, 53);
        }
}

TEST(TiffSource, ReadsTiles) {
  for (const auto compression : {TiffCompression::none, TiffCompression::lzw}) {
    TempDir dir;
    TiffOptions options;
    options.tile_px = 32;
    options.compression = compression;
    const Image image = write_random(dir / "a.tif", DType::u16, 75, 101, 9, options);
    const auto source = open_files(dir);
    EXPECT_EQ(read_all(*source, 0), image);
    EXPECT_EQ(source->block(), Region::whole({32, 32}));
    test::expect_regions_agree(*source, 0, 17, 31);
  }
}

TEST(TiffSource, ReadsOnePixel) {
  TempDir dir;
  const Image image = write_random(dir / "a.tif", DType::f64, 1, 1, 3);
  EXPECT_EQ(read_all(*open_files(dir), 0), image);
}

TEST(TiffSource, OrdersFilesByNumberAndEqualNumbersBytewise) {
  EXPECT_TRUE(natural_less("img2", "img10"));
  EXPECT_TRUE(natural_less("img01", "img1"));
  EXPECT_FALSE(natural_less("img1", "img01"));
  EXPECT_TRUE(natural_less("a", "a0"));
  TempDir dir;
  for (const char* name : {"f10.tif", "f9.tif", "f1.tif", "f01.tif"})
    write_random(dir / name, DType::u8, 2, 3, 1);
  const auto natural = open_files(dir);
  const auto lexical =
      open_source("files", raw_map({{"glob", "f*.tif"}, {"order", "lexical"}}), dir.path());
  std::vector<std::string> a, b;
  for (int64_t i = 0; i < 4; ++i) {
    a.push_back(natural->row(i).file);
    b.push_back(lexical->row(i).file);
  }
  EXPECT_THAT(a, testing::ElementsAre("f01.tif", "f1.tif", "f9.tif", "f10.tif"));
  EXPECT_THAT(b, testing::ElementsAre("f01.tif", "f1.tif", "f10.tif", "f9.tif"));
}

TEST(TiffSource, RunsPagesAlongTheFirstAxis) {
  TempDir dir;
  std::vector<Image> images;
  std::vector<View> views;
  for (uint32_t k = 0; k < 40; ++k)
    images.push_back(random_image(DType::u16, Region::whole({5, 7}), k));
  for (const Image& image : images) views.push_back(image.view());
  ASSERT_TRUE(write_tiff(dir / "a.tif", std::span(views).first(37)).ok());
  ASSERT_TRUE(write_tiff(dir / "b.tif", std::span(views).last(3)).ok());
  const auto source = open_files(dir);
  ASSERT_EQ(source->layout().stream_count(), 40);
  for (int64_t k : {0, 39, 15, 16, 17, 36, 37, 38})
    EXPECT_EQ(read_all(*source, k), images[static_cast<size_t>(k)]) << k;
  EXPECT_EQ(source->row(38).file, "b.tif");
  EXPECT_EQ(source->row(38).page, 1);
}

TEST(TiffSource, TakesPagesAsTheSecondAxis) {
  TempDir dir;
  const Image image = random_image(DType::u8, Region::whole({4, 4}), 1);
  const std::vector<View> views(3, image.view());
  for (const char* name : {"1.tif", "2.tif"}) ASSERT_TRUE(write_tiff(dir / name, views).ok());
  EXPECT_EQ(open_files(dir, "tzyx")->layout().str(), "t=2 z=3 | y=4 x=4 uint8");
  EXPECT_THROW(open_files(dir, "tczyx"), Error);
  EXPECT_THROW(open_files(dir, "yx"), Error);
  RawValue params = raw_map({{"glob", "*.tif"}, {"axes", "zcyx"}});
  params.set("sizes", raw_map({{"c", "2"}}));
  EXPECT_EQ(open_source("files", params, dir.path())->layout().str(), "c=2 z=3 | y=4 x=4 uint8");
}

TEST(TiffSource, TakesScalesWithUnits) {
  TempDir dir;
  write_random(dir / "a.tif", DType::u8, 2, 3, 1);
  RawValue params = raw_map({{"glob", "*.tif"}});
  params.set("scale", raw_map({{"t", "30 s"}, {"y", "0.65 um"}}));
  const auto source = open_source("files", params, dir.path());
  EXPECT_EQ(source->layout().stream[0].scale, 30);
  EXPECT_EQ(source->layout().item[0].unit, "um");
  params.set("scale", raw_map({{"y", "3 s"}}));
  EXPECT_THROW(open_source("files", params, dir.path()), Error);
  params.set("scale", raw_map({{"z", "3 um"}}));
  EXPECT_THROW(open_source("files", params, dir.path()), Error);
  params.set("scale", raw_map({{"y", "0 um"}}));
  EXPECT_THROW(open_source("files", params, dir.path()), Error);
}

TEST(TiffSource, SaysWhichFolderExistsWhenNothingMatches) {
  TempDir dir;
  try {
    open_source("files", raw_map({{"glob", "nowhere/deep/*.tif"}}), dir.path());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::input_missing);
    EXPECT_THAT(e.what(), HasSubstr("nowhere/deep/*.tif"));
    EXPECT_THAT(e.what(), HasSubstr("nearest folder that exists is " + dir.path().string()));
  }
}

TEST(TiffSource, BrokenFilesFailWhenReadNotWhenOpened) {
  TempDir dir;
  test::write_text(dir / "0_text.tif", "these are not the pixels you are looking for");
  test::write_text(dir / "1_empty.tif", "");
  const Image good = write_random(dir / "2_good.tif", DType::u16, 20, 30, 1);
  write_random(dir / "3_cut.tif", DType::u16, 20, 30, 2);
  const std::string whole = test::read_text(dir / "3_cut.tif");
  write_random(dir / "4_other.tif", DType::u16, 20, 31, 3);
  write_random(dir / "5_dtype.tif", DType::u8, 20, 30, 3);
  std::filesystem::create_directory(dir / "6_folder.tif");
  ASSERT_EQ(::mkfifo((dir / "7_pipe.tif").c_str(), 0600), 0);
  test::write_text(dir / "8_head.tif", whole.substr(0, 9));
  const auto source = open_files(dir);
  ASSERT_EQ(source->layout().stream_count(), 8);  // the folder is no file
  EXPECT_EQ(read_all(*source, 2), good);
  EXPECT_THAT(read_failure(*source, 0), HasSubstr("0_text.tif: not a TIFF file"));
  EXPECT_THAT(read_failure(*source, 1), HasSubstr("1_empty.tif: the file is empty"));
  EXPECT_EQ(read_failure(*source, 3), "");
  EXPECT_THAT(read_failure(*source, 4), HasSubstr("20 x 30 uint16, as in 2_good.tif"));
  EXPECT_THAT(read_failure(*source, 5), HasSubstr("20 x 30 uint8"));
  EXPECT_THAT(read_failure(*source, 6), HasSubstr("not a regular file"));
  EXPECT_THAT(read_failure(*source, 7), HasSubstr("8_head.tif: truncated"));
}

TEST(TiffSource, TruncationIsFoundInAnyRegion) {
  // libtiff puts the directory last; this header comes first, as ImageJ's.
  std::string file("II*\0\x08\0\0\0\x07\0", 10);
  const auto entry = [&](uint16_t tag, uint32_t value) {
    const uint16_t head[2] = {tag, 4};
    const uint32_t tail[2] = {1, value};
    file.append(reinterpret_cast<const char*>(head), 4);
    file.append(reinterpret_cast<const char*>(tail), 8);
  };
  entry(256, 10);
  entry(257, 10);
  entry(258, 8);
  entry(262, 1);
  entry(273, 200);
  entry(278, 10);
  entry(279, 100);
  file.append(4, '\0');
  file.resize(300, '\7');
  TempDir dir;
  test::write_text(dir / "a.tif", file);
  test::write_text(dir / "b.tif", file.substr(0, 299));
  const auto source = open_files(dir);
  EXPECT_EQ(read_failure(*source, 0), "");
  Image row(DType::u8, box(0, 0, 1, 10));
  FrameHeader header;
  const Status s = source->read(1, row.view(), header);
  ASSERT_FALSE(s.ok());
  EXPECT_THAT(s.issue().str(), HasSubstr("b.tif: truncated: strip 0 (100 bytes at 200) lies beyond "
                                         "the file of 299 bytes"));
}

TEST(TiffSource, FailsWhenNoFileCanBeRead) {
  TempDir dir;
  test::write_text(dir / "a.tif", "no");
  try {
    open_files(dir);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::input_missing);
    EXPECT_THAT(e.what(), HasSubstr("a.tif: not a TIFF file"));
  }
}

// Every single byte of a small file set to extreme values: no crash, no huge allocation, and what
// can be read has the announced size.
TEST(TiffSource, SurvivesDamagedHeaders) {
  for (const auto compression : {TiffCompression::none, TiffCompression::lzw}) {
    TempDir dir;
    TiffOptions options;
    options.rows_per_strip = 2;
    options.compression = compression;
    write_random(dir / "good.tif", DType::u16, 5, 6, 1, options);
    const std::string good = test::read_text(dir / "good.tif");
    std::filesystem::remove(dir / "good.tif");
    for (size_t i = 0; i < good.size(); ++i)
      for (const int value : {0x00, 0x01, 0x7f, 0xff}) {
        std::string bad = good;
        bad[i] = static_cast<char>(value);
        std::filesystem::remove(dir / "a.tif");  // replacing in place makes ext4 flush
        test::write_text(dir / "a.tif", bad);
        try {
          const auto source = open_files(dir);
          ASSERT_LE(source->layout().item_bytes(), 1 << 20);
          read_failure(*source, 0);
        } catch (const Error&) {
        }
      }
  }
}

TEST(TiffSource, DirectoriesInACircleEnd) {
  TempDir dir;
  const Image image = random_image(DType::u8, Region::whole({4, 4}), 1);
  const std::vector<View> views(3, image.view());
  ASSERT_TRUE(write_tiff(dir / "a.tif", views).ok());
  std::string file = test::read_text(dir / "a.tif");
  uint32_t first = 0, at = 0;
  std::memcpy(&first, file.data() + 4, 4);
  at = first;
  for (int page = 0; page < 2; ++page) {
    uint16_t entries = 0;
    std::memcpy(&entries, file.data() + at, 2);
    at += 2 + 12u * entries;
    if (page == 0) std::memcpy(&at, file.data() + at, 4);
  }
  std::memcpy(file.data() + at, &first, 4);  // the second page points back to the first
  test::write_text(dir / "a.tif", file);
  const auto source = open_files(dir);
  EXPECT_LE(source->layout().stream_count(), static_cast<int64_t>(file.size()) / 18);
  EXPECT_EQ(read_all(*source, 1), image);
}

TEST(TiffSource, ReadsTheMitocheckMovieAsOtherReadersDo) {
  const std::filesystem::path base(PARFOCAL_SHARED_DIR);
  const auto source = open_source(
      "files", raw_map({{"glob", "data/cells/neubias/image_data/mitocheck-movie/*.tif"}}), base);
  const Layout& layout = source->layout();
  EXPECT_EQ(layout.stream_count(), 30);
  EXPECT_EQ(layout.dtype, DType::u8);
  const Image frame = read_all(*source, 0);
  const auto* p = frame.view().as<uint8_t>();
  const double mean = static_cast<double>(std::accumulate(p, p + layout.item_count(), int64_t{0})) /
                      static_cast<double>(layout.item_count());
  EXPECT_EQ(mean, 5.521576452980793);
  EXPECT_EQ(p[0], 3);
  EXPECT_EQ(p[layout.item_count() - 1], 3);
  EXPECT_THAT(source->row(0).file, HasSubstr("T00000"));
}

TEST(TiffSource, ReadsFilesOfOtherWriters) {
  const std::filesystem::path base(PARFOCAL_SHARED_DIR);
  const std::string notebooks = "data/cells/haase-notebooks/data/";
  EXPECT_EQ(open_source("files", raw_map({{"glob", notebooks + "blobs.tif"}, {"axes", "yx"}}), base)
                ->layout()
                .str(),
            "| y=254 x=256 uint8");
  const auto movie =
      open_source("files", raw_map({{"glob", notebooks + "cancer_cell_migration_crop.tif"}}), base);
  EXPECT_EQ(movie->layout().str(), "t=48 | y=130 x=130 uint16");
  EXPECT_EQ(read_failure(*movie, 47), "");
}

}  // namespace
}  // namespace parfocal
