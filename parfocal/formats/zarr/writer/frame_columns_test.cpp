#include "parfocal/formats/zarr/writer/frame_columns.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "parfocal/formats/zarr/writer/test_columns-inl.h"
#include "parfocal/formats/zarr/writer/test_spec-inl.h"

namespace parfocal {
namespace {

using nlohmann::json;
using test::make_image;
using test::make_store;
using test::put_objects;
using test::read_array;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;

StoreSpec spec_with_columns(int zarr_format = 3) {
  StoreSpec spec =
      make_store({make_image("a/b", "tcyx", {kUnbounded, 2, 4, 4}, DType::u8)}, zarr_format);
  spec.columns = {
      {"stage_x", DType::f64, "um"}, {"flag", DType::boolean, ""}, {"camera_id", DType::u32, ""}};
  return spec;
}

struct Row {
  double x = 0;
  uint8_t flag = 0;
  uint32_t id = 0;
  uint8_t valid = 1;
  bool operator==(const Row&) const = default;
};
Row row_of(int64_t frame) {
  return {0.5 * static_cast<double>(frame) - 3, static_cast<uint8_t>(frame % 3 == 1),
          static_cast<uint32_t>(frame * 7 + 1)};
}
std::vector<std::byte> packed(const Row& row) {
  std::vector<std::byte> bytes(13);
  std::memcpy(bytes.data(), &row.x, 8);
  std::memcpy(bytes.data() + 8, &row.flag, 1);
  std::memcpy(bytes.data() + 9, &row.id, 4);
  return bytes;
}

std::vector<Row> read_rows(const std::filesystem::path& root) {
  const auto x = read_array<double>(root, "a/b/frames/stage_x");
  const auto flag = read_array<uint8_t>(root, "a/b/frames/flag");
  const auto id = read_array<uint32_t>(root, "a/b/frames/camera_id");
  const auto valid = read_array<uint8_t>(root, "a/b/frames/valid");
  std::vector<Row> rows;
  for (size_t i = 0; i < x.size(); ++i) rows.push_back({x[i], flag[i], id[i], valid[i]});
  return rows;
}

TEST(FrameColumns, RowsComeBackInAnyOrderOfWriting) {
  constexpr int64_t kFrames = 2 * ColumnArrays::kRowsPerChunk + 5000;
  for (const int format : {2, 3}) {
    const TempDir dir;
    const StoreSpec spec = spec_with_columns(format);
    FrameColumns columns(dir.path(), spec, 0);
    std::vector<int64_t> order(kFrames);
    for (int64_t i = 0; i < kFrames; ++i) order[static_cast<size_t>(i)] = i;
    std::mt19937 random(3);
    // As threads do: not far from their place.
    for (size_t i = 0; i + 50 < order.size(); i += 50)
      std::shuffle(order.begin() + static_cast<long>(i), order.begin() + static_cast<long>(i + 50),
                   random);
    std::vector<Row> expected(kFrames);
    for (const int64_t frame : order) {
      const bool missing = frame % 11 == 4;
      const Row row = missing ? Row{0, 0, 0, 0} : row_of(frame);
      expected[static_cast<size_t>(frame)] = row;
      ASSERT_TRUE((missing ? columns.add_missing(frame) : columns.add(frame, packed(row))).ok());
    }
    ASSERT_TRUE(columns.flush().ok());
    ASSERT_TRUE(columns.sync().ok());
    put_objects(dir.path(), columns.objects(kFrames));
    EXPECT_EQ(read_rows(dir.path()) == expected, true);
  }
}

TEST(FrameColumns, RowsFarApartAndRowsThatNeverCame) {
  const TempDir dir;
  FrameColumns columns(dir.path(), spec_with_columns(), 0);
  for (const int64_t frame : {100000, 5, 16383, 16384, 0})
    ASSERT_TRUE(columns.add(frame, packed(row_of(frame))).ok());
  ASSERT_TRUE(columns.flush().ok());
  ASSERT_TRUE(columns.sync().ok());
  put_objects(dir.path(), columns.objects(100002));
  const std::vector<Row> rows = read_rows(dir.path());
  for (int64_t frame = 0; frame < 100002; ++frame) {
    const bool there =
        frame == 0 || frame == 5 || frame == 16383 || frame == 16384 || frame == 100000;
    ASSERT_EQ(rows[static_cast<size_t>(frame)], there ? row_of(frame) : (Row{0, 0, 0, 0})) << frame;
  }
}

TEST(FrameColumns, TheLastRowOfAFrameCounts) {
  const TempDir dir;
  FrameColumns columns(dir.path(), spec_with_columns(), 0);
  ASSERT_TRUE(columns.add(3, packed(row_of(8))).ok());
  ASSERT_TRUE(columns.add(2, packed(row_of(2))).ok());
  ASSERT_TRUE(columns.add(3, packed(row_of(3))).ok());
  ASSERT_TRUE(columns.add(2, packed(row_of(2))).ok());
  ASSERT_TRUE(columns.add_missing(2).ok());
  ASSERT_TRUE(columns.flush().ok());
  ASSERT_TRUE(columns.add(0, {}).ok());
  ASSERT_TRUE(columns.flush().ok());
  put_objects(dir.path(), columns.objects(4));
  EXPECT_THAT(read_rows(dir.path()),
              ElementsAre(Row{0, 0, 0, 1}, Row{0, 0, 0, 0}, Row{0, 0, 0, 0}, row_of(3)));
}

TEST(FrameColumns, GoesOnWhereAKilledWriterStopped) {
  const TempDir dir;
  {
    FrameColumns columns(dir.path(), spec_with_columns(), 0);
    ASSERT_TRUE(columns.add(0, packed(row_of(0))).ok());
    ASSERT_TRUE(columns.flush().ok());
  }
  // Killed between creating a file and giving it its size.
  std::filesystem::resize_file(dir / "a/b/frames/camera_id/c/0", 0);
  FrameColumns columns(dir.path(), spec_with_columns(), 0);
  ASSERT_TRUE(columns.add(1, packed(row_of(1))).ok());
  ASSERT_TRUE(columns.flush().ok());
  put_objects(dir.path(), columns.objects(2));
  EXPECT_THAT(read_array<double>(dir.path(), "a/b/frames/stage_x"),
              ElementsAre(row_of(0).x, row_of(1).x));
  EXPECT_THAT(read_array<uint32_t>(dir.path(), "a/b/frames/camera_id"),
              ElementsAre(0, row_of(1).id));
}

TEST(FrameColumns, AStoreWithoutColumnsTellsWhichFramesAreThere) {
  const TempDir dir;
  const StoreSpec spec = make_store({make_image("", "tyx", {3, 2, 2}, DType::u8)});
  EXPECT_EQ(FrameColumns::row_bytes(spec), 0);
  FrameColumns columns(dir.path(), spec, 0);
  ASSERT_TRUE(columns.add(0, {}).ok());
  ASSERT_TRUE(columns.add_missing(1).ok());
  ASSERT_TRUE(columns.add(2, {}).ok());
  ASSERT_TRUE(columns.flush().ok());
  put_objects(dir.path(), columns.objects(3));
  EXPECT_THAT(read_array<uint8_t>(dir.path(), "frames/valid"), ElementsAre(1, 0, 1));
}

TEST(FrameColumns, MetadataNamesUnitsAndTheOrderOfFrames) {
  const StoreSpec spec = spec_with_columns();
  const auto objects = FrameColumns("x", spec, 0).objects(7);
  ASSERT_EQ(objects.size(), 5u);
  EXPECT_EQ(objects[0].key, "a/b/frames/stage_x/zarr.json");
  const json array = json::parse(objects[0].text);
  EXPECT_EQ(array["shape"], json({7}));
  EXPECT_EQ(array["dimension_names"], json({"frame"}));
  EXPECT_EQ(array["attributes"], json({{"unit", "um"}}));
  EXPECT_EQ(objects[4].key, "a/b/frames/zarr.json");
  EXPECT_EQ(json::parse(objects[4].text)["attributes"]["parfocal"], json::parse(R"({"version": 1,
    "columns": ["stage_x", "flag", "camera_id", "valid"], "row": "frame", "row_axes": ["t", "c"]})"));
}

TEST(FrameColumns, HoldsNoMoreThanItStates) {
  const StoreSpec spec = spec_with_columns();
  EXPECT_EQ(FrameColumns::row_bytes(spec), 13);
  EXPECT_EQ(FrameColumns::resident_bytes(spec), 1024 * (14 + 8 + 8 + 8));
}

TEST(FrameColumns, NamesWhatCannotBeWritten) {
  const TempDir dir;
  test::write_text(dir / "a/b/frames", "a file in the way");
  FrameColumns columns(dir.path(), spec_with_columns(), 0);
  EXPECT_THAT(columns.add(4, std::vector<std::byte>(5)).issue().str(),
              HasSubstr("frame 4 has 5 bytes instead of 13"));
  ASSERT_TRUE(columns.add(0, packed(row_of(0))).ok());
  EXPECT_THAT(columns.flush().issue().str(), HasSubstr("frames/stage_x"));
}

}  // namespace
}  // namespace parfocal
