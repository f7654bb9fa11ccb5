#include "parfocal/formats/tiff/bigtiff_writer.h"

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/tiff/page_chain.h"

namespace parfocal {
namespace {

using test::Image;
using test::random_image;
using test::TempDir;

struct Opened {
  explicit Opened(const std::filesystem::path& path) {
    EXPECT_TRUE(open_tiff(path, fd, file).ok());
    chain = follow_pages(file, true);
  }
  TiffPage page(int64_t k) {
    uint64_t at = file.first_directory;
    EXPECT_TRUE(step_to_page(file, chain, 0, k, at).ok());
    TiffPage found;
    EXPECT_TRUE(read_tiff_page(file, at, found).ok());
    return found;
  }
  uint64_t value(const TiffValues& values, uint64_t index) {
    uint64_t v = 0;
    EXPECT_TRUE(TiffValueReader(file, values).get(index, v).ok());
    return v;
  }
  Fd fd;
  TiffFile file;
  PageChain chain;
};

TEST(BigTiffWriter, StripsFollowEachOtherAndTheirBytesAreThoseOfThePage) {
  TempDir dir;
  const int64_t height = 2160, width = 2560, bytes = height * width * 2;
  BigTiffWriter writer({width, height, DType::u16, 2});
  writer.create(dir / "a.tif", "x");
  const Image image = random_image(DType::u16, Region::whole({height, width}), 1);
  for (int64_t k = 0; k < 2; ++k) ASSERT_TRUE(writer.write(k, image.view()).ok());
  ASSERT_TRUE(writer.close(2, "x").ok());
  Opened opened(dir / "a.tif");
  ASSERT_EQ(opened.chain.pages, 2);
  for (int64_t k = 0; k < 2; ++k) {
    const TiffPage page = opened.page(k);
    ASSERT_EQ(page.offsets.count, 2u);
    ASSERT_EQ(page.byte_counts.count, 2u);
    const uint64_t first = opened.value(page.byte_counts, 0);
    EXPECT_LE(first, static_cast<uint64_t>(BigTiffWriter::kMostStripBytes));
    EXPECT_EQ(first, static_cast<uint64_t>(page.block_bytes(0)));
    EXPECT_EQ(first + opened.value(page.byte_counts, 1), static_cast<uint64_t>(bytes));
    EXPECT_EQ(opened.value(page.offsets, 1), opened.value(page.offsets, 0) + first);
  }
}

TEST(BigTiffWriter, KeepsAsManyPagesAsItIsClosedWith) {
  for (const bool deflate : {false, true})
    for (const int64_t written : {1, 2, 3, 5})
      for (int64_t kept = 1; kept <= written; ++kept) {
        TempDir dir;
        BigTiffPages pages{4, 3, DType::u8};
        pages.deflate = deflate;
        BigTiffWriter writer(pages);
        writer.create(dir / "a.tif", "first");
        std::vector<Image> images;
        for (int64_t k = 0; k < written; ++k) {
          images.push_back(
              random_image(DType::u8, Region::whole({3, 4}), static_cast<uint32_t>(k)));
          ASSERT_TRUE(writer.write(k, std::as_const(images.back()).view()).ok());
          ASSERT_TRUE(writer.link(k + 1).ok());
        }
        ASSERT_TRUE(writer.close(kept, "second").ok());
        Opened opened(dir / "a.tif");
        EXPECT_EQ(opened.chain.pages, kept) << written << deflate;
        EXPECT_FALSE(opened.chain.broken());
        const auto source =
            test::open_source("files", test::raw_map({{"glob", "a.tif"}}), dir.path());
        for (int64_t k = 0; k < kept; ++k)
          EXPECT_EQ(test::read_all(*source, k), images[static_cast<size_t>(k)]);
      }
}

// Directories of compressed pages lie in groups: a missing page that begins one, too, has a place.
TEST(BigTiffWriter, AnyPageMayBeMissing) {
  TempDir dir;
  BigTiffPages pages{4, 3, DType::u8};
  pages.deflate = true;
  BigTiffWriter writer(pages);
  writer.create(dir / "a.tif", "x");
  const auto is_missing = [](int64_t k) { return k == 1 || k == 256 || k == 257; };
  const auto image_of = [&](int64_t k) {
    Image image = random_image(DType::u8, Region::whole({3, 4}), static_cast<uint32_t>(k));
    if (is_missing(k)) std::fill(image.pixels.begin(), image.pixels.end(), std::byte{0});
    return image;
  };
  for (int64_t k = 0; k < 260; ++k) {
    if (is_missing(k)) continue;
    const Image image = image_of(k);
    ASSERT_TRUE(writer.write(k, image.view()).ok());
  }
  ASSERT_TRUE(writer.close(260, "x").ok());
  const auto source = test::open_source("files", test::raw_map({{"glob", "a.tif"}}), dir.path());
  ASSERT_EQ(source->layout().stream_count(), 260);
  for (int64_t k = 0; k < 260; ++k) EXPECT_EQ(test::read_all(*source, k), image_of(k)) << k;
}

}  // namespace
}  // namespace parfocal
