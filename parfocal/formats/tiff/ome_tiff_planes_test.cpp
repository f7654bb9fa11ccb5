/// OME-TIFF of items that hold several planes, of pages of several strips, and of several files:
/// which planes are missing, and what is left when the writer is killed.

#include <gmock/gmock.h>

#include <set>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/tiff/ome_tiff_recover.h"

namespace parfocal {
namespace {

using test::Image;
using test::make_layout;
using test::random_image;
using test::raw_map;
using test::read_all;
using test::TempDir;
using testing::ElementsAre;
using testing::IsEmpty;

std::unique_ptr<Sink> image_sink(const TempDir& dir, const Layout& layout,
                                 const std::string& name = "a.ome.tif",
                                 const std::string& compression = "none") {
  return test::make_sink("ome_tiff", raw_map({{"path", name}, {"compression", compression}}),
                         {{"from", "smooth", "out", {PortKind::image, layout, {}}}},
                         {dir.path(), "", {}});
}
Image item_of(const Layout& layout, int64_t sequence) {
  return random_image(layout.dtype, layout.whole_item(), static_cast<uint32_t>(sequence));
}
// Items 0 .. count - 1, some of them missing.
void write_items(Sink& sink, const Layout& layout, int64_t count, const std::set<int64_t>& gone) {
  sink.open();
  const Gap gap{GapReason::dropped, ""};
  for (int64_t k = 0; k < count; ++k) {
    const FrameHeader header = test::header_of(layout, k);
    const Image item = item_of(layout, k);
    const Input input{&header, gone.contains(k) ? &gap : nullptr, item.view(), {}};
    ASSERT_TRUE(sink.write(std::span(&input, 1)).ok());
  }
}
std::unique_ptr<Source> opened(const TempDir& dir, const std::string& glob = "a.ome.tif") {
  return test::open_source("files", raw_map({{"glob", glob}, {"axes", "auto"}}), dir.path());
}
std::vector<int64_t> missing_of(const Source& source) {
  std::vector<int64_t> items;
  source.missing().for_each_run([&](int64_t first, int64_t end) {
    for (; first < end; ++first) items.push_back(first);
  });
  return items;
}

TEST(OmeTiffStrips, APageOfSeveralIsWholeAfterAKill) {
  for (const char* compression : {"none", "deflate"}) {
    SCOPED_TRACE(compression);
    TempDir dir;
    const bool plain = std::string(compression) == "none";
    const Layout layout = make_layout(DType::u8, {{"t", kUnbounded}, {"c", 2}},
                                      {{"y", plain ? 3003 : 1001}, {"x", plain ? 3001 : 900}});
    write_items(*image_sink(dir, layout, "a.ome.tif", compression), layout, 3, {1});
    OmeTiffRecovery recovery;
    ASSERT_TRUE(recover_ome_tiff(dir / "a.ome.tif", recovery).ok());
    EXPECT_EQ(recovery.pages, 3);
    const auto source = opened(dir);
    ASSERT_EQ(source->layout().stream_count(), 4);
    EXPECT_THAT(missing_of(*source), ElementsAre(1, 3));
    EXPECT_TRUE(read_all(*source, 0) == item_of(layout, 0));
    EXPECT_TRUE(read_all(*source, 2) == item_of(layout, 2));
    EXPECT_EQ(test::read_failure(*source, 3), "");
  }
}

TEST(OmeTiffPlanes, AreAllMissingWithTheirItem) {
  for (const bool killed : {false, true}) {
    SCOPED_TRACE(killed);
    TempDir dir;
    const Layout layout =
        make_layout(DType::u16, {{"t", killed ? kUnbounded : 6}}, {{"c", 2}, {"y", 3}, {"x", 4}});
    {
      const auto sink = image_sink(dir, layout);
      write_items(*sink, layout, 6, {1, 4});
      if (!killed) {
        ASSERT_TRUE(sink->close({}).ok());
      }
    }
    EXPECT_THAT(missing_of(*opened(dir)), ElementsAre(2, 3, 8, 9));
    if (!killed) continue;
    OmeTiffRecovery recovery;
    ASSERT_TRUE(recover_ome_tiff(dir / "a.ome.tif", recovery).ok());
    EXPECT_EQ(recovery.gaps, 4);
    EXPECT_THAT(missing_of(*opened(dir)), ElementsAre(2, 3, 8, 9));
  }
}

// Steps of the first axis are whole: what the last one lacks is missing, and nothing before it.
TEST(OmeTiffPlanes, BehindTheEndOfAStoppedRunAreMissing) {
  TempDir dir;
  const Layout layout =
      make_layout(DType::u16, {{"t", 9}, {"z", 2}}, {{"c", 2}, {"y", 3}, {"x", 4}});
  const auto sink = image_sink(dir, layout);
  write_items(*sink, layout, 3, {});
  ASSERT_TRUE(sink->close({false, "stopped", 3}).ok());
  const auto source = opened(dir);
  ASSERT_EQ(source->layout().str(), "t=2 c=2 z=2 | y=3 x=4 uint16");
  EXPECT_THAT(missing_of(*source), ElementsAre(5, 7));
}

TEST(OmeTiffFiles, TheGapsOfEachStayInTheirPlaces) {
  TempDir dir;
  const Layout layout = make_layout(DType::u16, {{"t", 3}}, {{"y", 3}, {"x", 4}});
  for (const auto& [name, gone] : std::map<std::string, std::set<int64_t>>{
           {"a.ome.tif", {1}}, {"b.ome.tif", {0, 2}}, {"c.ome.tif", {}}}) {
    const auto sink = image_sink(dir, layout, name);
    write_items(*sink, layout, 3, gone);
    ASSERT_TRUE(sink->close({}).ok());
  }
  for (const char* axes : {"auto", "tyx"})
    EXPECT_THAT(missing_of(*test::open_source(
                    "files", raw_map({{"glob", "*.ome.tif"}, {"axes", axes}}), dir.path())),
                ElementsAre(1, 3, 5))
        << axes;
}

// The list is bounded; each page says for itself whether it was missing.
TEST(OmeTiffGaps, MoreThanAreListedAreKnownAndNotReadAsZeros) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 2500}}, {{"y", 2}, {"x", 2}});
  std::set<int64_t> gone;
  for (int64_t k = 1; k < 2500; k += 2) gone.insert(k);
  const auto sink = image_sink(dir, layout);
  write_items(*sink, layout, 2500, gone);
  ASSERT_TRUE(sink->close({}).ok());
  const auto source = opened(dir);
  EXPECT_EQ(source->missing().count(), 1250);
  EXPECT_THAT(source->notices(), IsEmpty());
}

}  // namespace
}  // namespace parfocal
