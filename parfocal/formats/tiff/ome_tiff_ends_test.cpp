// OME-TIFFs whose writer did not come to its end: of a full disk, or killed.

#include <gmock/gmock.h>

#include <set>

#include "parfocal/formats/common/test_file_limit-inl.h"
#include "parfocal/formats/tiff/ome_tiff_recover.h"
#include "parfocal/formats/tiff/test_ome_tiff-inl.h"
#include "parfocal/formats/tiff/tiff_writer.h"

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
using testing::HasSubstr;

TEST(OmeTiffEnds, OnAFullDiskItKeepsTheFramesBefore) {
  TempDir dir;
  const Layout layout = make_layout(DType::u16, {{"t", 40}}, {{"y", 64}, {"x", 64}});
  const Image image = random_image(DType::u16, layout.whole_item(), 1);
  const auto sink = image_sink(dir, layout);
  sink->open();
  const test::FileLimit limit(100'000);
  int64_t written = 0;
  while (written < 40 && write_image(*sink, layout, written, image.view()).ok()) ++written;
  const Status closed = sink->close({false, "no space left", written});
  ASSERT_GT(written, 5);
  ASSERT_LT(written, 15);
  EXPECT_TRUE(closed.ok());
  EXPECT_EQ(reopen(dir)->layout().stream[0].size, written);
  EXPECT_THAT(description(dir), HasSubstr("<M K=\"reason\">no space left</M>"));
}

// The item whose write failed is not in the file, whatever the run counted.
TEST(OmeTiffEnds, DoesNotLinkAFrameThatFailed) {
  for (const char* compression : {"none", "deflate"})
    for (const int64_t length : {int64_t{40}, int64_t{kUnbounded}}) {
      SCOPED_TRACE(compression);
      TempDir dir;
      const Layout layout = make_layout(DType::u16, {{"t", length}}, {{"y", 64}, {"x", 64}});
      const auto images = random_items(layout, 40);
      const auto sink = image_sink(dir, layout, compression);
      sink->open();
      const test::FileLimit limit(200'000);
      int64_t k = 0;
      Status s;
      for (; k < 40 && s.ok(); ++k)
        s = write_image(*sink, layout, k, images[static_cast<size_t>(k)].view());
      const Status closed = sink->close({false, "full", k});
      ASSERT_FALSE(s.ok());
      EXPECT_THAT(s.issue().str(), HasSubstr("ulimit -f"));
      EXPECT_TRUE(closed.ok()) << closed.issue().str();
      const auto source = reopen(dir);
      ASSERT_EQ(source->layout().stream[0].size, k - 1);
      for (int64_t i = 0; i + 1 < k; ++i)
        EXPECT_EQ(read_all(*source, i), images[static_cast<size_t>(i)]) << i;
    }
}

// A sink that is never closed leaves what a killed process does.
TEST(OmeTiffEnds, WhatAKilledWriterLeftGetsItsEnd) {
  for (const char* compression : {"none", "deflate"})
    for (const int64_t count : {1, 2, 7, 300}) {
      SCOPED_TRACE(std::string(compression) + " " + std::to_string(count));
      TempDir dir;
      const Layout layout =
          make_layout(DType::u16, {{"t", kUnbounded}, {"c", 2}}, {{"y", 5}, {"x", 6}});
      const auto images = random_items(layout, count);
      {
        const auto sink = image_sink(dir, layout, compression);
        sink->open();
        for (int64_t k = 0; k < count; ++k)
          ASSERT_TRUE(write_image(*sink, layout, k, images[static_cast<size_t>(k)].view()).ok());
        OmeTiffRecovery running;
        EXPECT_FALSE(recover_ome_tiff(dir / "a.ome.tif", running).ok()) << "it is being written";
      }
      OmeTiffRecovery recovery;
      const Status s = recover_ome_tiff(dir / "a.ome.tif", recovery);
      ASSERT_TRUE(s.ok()) << s.issue().str();
      EXPECT_TRUE(recovery.found);
      EXPECT_EQ(recovery.pages, count);
      EXPECT_EQ(recovery.gaps, count % 2);
      EXPECT_THAT(description(dir), HasSubstr("<M K=\"reason\">killed</M>"));
      const auto source = reopen(dir, "auto");
      ASSERT_EQ(source->layout().stream_count(), count + count % 2);
      for (int64_t k = 0; k < count; ++k)
        EXPECT_EQ(read_all(*source, k), images[static_cast<size_t>(k)]) << k;
      EXPECT_EQ(source->missing().count(), count % 2);
      EXPECT_LT(std::filesystem::file_size(dir / "a.ome.tif"), 1u << 20) << "space taken ahead";
      ASSERT_TRUE(recover_ome_tiff(dir / "a.ome.tif", recovery = {}).ok());
      EXPECT_FALSE(recovery.found) << "a second time";
    }
}

// What was missing before the kill stays missing: a page of zeros that nobody wrote is no image.
TEST(OmeTiffEnds, ReadersAndRecoveryKnowTheGapsBeforeTheKill) {
  const std::set<int64_t> gone = {0, 3, 4, 11};
  for (const char* compression : {"none", "deflate"}) {
    SCOPED_TRACE(compression);
    TempDir dir;
    const Layout layout = make_layout(DType::u16, {{"t", kUnbounded}}, {{"y", 5}, {"x", 6}});
    const auto images = random_items(layout, 13);
    {
      const auto sink = image_sink(dir, layout, compression);
      sink->open();
      const Gap gap{GapReason::dropped, ""};
      for (int64_t k = 0; k < 13; ++k)
        ASSERT_TRUE(write_image(*sink, layout, k, images[static_cast<size_t>(k)].view(),
                                gone.contains(k) ? &gap : nullptr)
                        .ok());
    }
    const auto killed = reopen(dir, "auto");
    for (int64_t k = 0; k < 13; ++k) EXPECT_EQ(killed->missing().has(k), gone.contains(k)) << k;
    OmeTiffRecovery recovery;
    ASSERT_TRUE(recover_ome_tiff(dir / "a.ome.tif", recovery).ok());
    EXPECT_EQ(recovery.pages, 13);
    EXPECT_EQ(recovery.gaps, 4);
    const auto source = reopen(dir, "auto");
    for (int64_t k = 0; k < 13; ++k) EXPECT_EQ(source->missing().has(k), gone.contains(k)) << k;
    EXPECT_EQ(read_all(*source, 12), images[12]);
  }
}

TEST(OmeTiffEnds, RecoveryLeavesTheFilesOfOthersAlone) {
  TempDir dir;
  const Image image = random_image(DType::u8, box(0, 0, 4, 4), 1);
  ASSERT_TRUE(write_tiff(dir / "a.tif", image.view()).ok());
  const std::string before = read_text(dir / "a.tif");
  OmeTiffRecovery recovery;
  ASSERT_TRUE(recover_ome_tiff(dir / "a.tif", recovery).ok());
  EXPECT_FALSE(recovery.found);
  EXPECT_EQ(read_text(dir / "a.tif"), before);
}

}  // namespace
}  // namespace parfocal
