/// What a store tells of its frames where it has several positions or levels.

#include <gmock/gmock.h>

#include <cmath>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/zarr/writer/store_writer.h"
#include "parfocal/formats/zarr/writer/test_spec-inl.h"

namespace parfocal {
namespace {

using test::make_layout;
using test::open_source;
using test::raw_map;
using test::TempDir;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<int64_t> missing_of(const Source& source) {
  std::vector<int64_t> items;
  source.missing().for_each_run([&](int64_t first, int64_t end) {
    for (; first < end; ++first) items.push_back(first);
  });
  return items;
}
std::unique_ptr<Source> opened(const TempDir& dir, const std::string& key,
                               const std::string& value) {
  return open_source("ome_zarr", raw_map({{"path", "a.zarr"}, {key, value}}), dir.path());
}

// Three times of two positions; the second position lacks its second time.
TEST(PositionFrames, HaveTheTimesAndGapsOfTheirOwnPosition) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 3}, {"p", 2}}, {{"y", 4}, {"x", 5}});
  const auto sink =
      test::make_sink("ome_zarr", raw_map({{"path", "a.zarr"}}),
                      {{"from", "s", "out", {PortKind::image, layout, {}}}}, {dir.path(), "", {}});
  sink->open();
  const test::Image image = test::random_image(DType::u8, layout.whole_item(), 1);
  const Gap gap{GapReason::dropped, ""};
  for (int64_t k = 0; k < 6; ++k) {
    FrameHeader header = test::header_of(layout, k);
    header.time_s = 0.5 * static_cast<double>(k);
    header.hardware_id = 100 + k;
    const Input in{&header, k == 3 ? &gap : nullptr, image.view(), {}};
    ASSERT_TRUE(sink->write(std::span(&in, 1)).ok());
  }
  ASSERT_TRUE(sink->close({}).ok());
  const auto source = opened(dir, "position", "all");
  ASSERT_EQ(source->layout().str(), "p=2 t=3 | y=4 x=5 uint8");
  EXPECT_THAT(missing_of(*source), ElementsAre(4));
  for (const int64_t k : {0, 1, 2, 3, 5}) {
    FrameHeader header;
    test::Image pixels(DType::u8, layout.whole_item());
    ASSERT_TRUE(source->read(k, pixels.view(), header).ok());
    const int64_t written = k % 3 * 2 + k / 3;
    EXPECT_EQ(header.hardware_id, 100 + written) << k;
    EXPECT_EQ(header.time_s, 0.5 * static_cast<double>(written)) << k;
  }
  EXPECT_EQ(source->read_bytes(), 3 * opened(dir, "position", "0")->read_bytes())
      << "of the readers of two positions that are kept, and of one that is let go";
}

// Planes of a level that is halved in z are not the frames that the rows speak of.
TEST(PositionFrames, OfASmallerStackAreNotThoseOfTheImage) {
  TempDir dir;
  ImageSpec stack = test::make_image("", "tzyx", {2, 4, 8, 8}, DType::u16);
  stack.levels = 2;
  stack.pool_z = true;
  const auto writer = StoreWriter::create(dir / "a.zarr", test::make_store({stack}), {});
  for (int64_t k = 0; k < 8; ++k) {
    if (k == 1) {
      ASSERT_TRUE(writer->append_gap(0, k, 1, GapReason::broken, "").ok());
      continue;
    }
    const auto pixels = test::plane_of(k, 8);
    const auto plane = packed_view(reinterpret_cast<const std::byte*>(pixels.data()), DType::u16,
                                   Region::whole({8, 8}));
    int64_t ticket = 0;
    ASSERT_TRUE(writer->append(0, k, plane, {}, ticket).ok());
  }
  ASSERT_TRUE(writer->close(true, "").ok());
  EXPECT_THAT(missing_of(*opened(dir, "level", "0")), ElementsAre(1));
  const auto small = opened(dir, "level", "1");
  ASSERT_EQ(small->layout().str(), "t=2 z=2 | y=4 x=4 uint16");
  EXPECT_THAT(missing_of(*small), IsEmpty());
}

}  // namespace
}  // namespace parfocal
