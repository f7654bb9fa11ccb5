#include "parfocal/formats/zarr/writer/table_columns.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "parfocal/formats/zarr/writer/test_columns-inl.h"

namespace parfocal {
namespace {

using nlohmann::json;
using test::read_array;
using test::TempDir;

const std::vector<Axis> kStream = {{"t", kUnbounded, 1, "", {}}, {"z", 3, 1, "", {}}};
const TableSchema kSchema{
    {{"label", "", Column::Type::integer}, {"area", "px", Column::Type::real}}, 40};

// The rows of one item: numbers that name it.
std::vector<std::byte> rows_of(int64_t item, int64_t rows) {
  std::vector<std::byte> buffer(static_cast<size_t>(kSchema.bytes()));
  const MutableTable table{&kSchema, buffer.data(), rows};
  for (int64_t i = 0; i < rows; ++i) {
    table.column<int64_t>(0)[i] = item * 100 + i;
    table.column<double>(1)[i] = static_cast<double>(i) / 4;
  }
  return buffer;
}

TEST(TableColumns, RowsOfAllFramesComeBackWithTheirCoordinates) {
  for (const int format : {2, 3}) {
    const TempDir dir;
    TableColumns table(dir.path(), "A/tables/cells", format, kStream, kSchema);
    std::vector<int64_t> t, z, label;
    std::vector<double> area;
    for (int64_t item = 0; item < 1200; ++item) {
      const int64_t rows = item * 7 % 41, coordinates[] = {item / 3, item % 3};
      const std::vector<std::byte> buffer = rows_of(item, rows);
      ASSERT_TRUE(table.append(coordinates, {&kSchema, buffer.data(), rows}).ok());
      for (int64_t i = 0; i < rows; ++i) {
        t.push_back(item / 3);
        z.push_back(item % 3);
        label.push_back(item * 100 + i);
        area.push_back(static_cast<double>(i) / 4);
      }
    }
    ASSERT_TRUE(table.flush().ok());
    ASSERT_TRUE(table.sync().ok());
    ASSERT_EQ(table.rows(), static_cast<int64_t>(label.size()));
    test::put_objects(dir.path(), table.objects(table.rows()));
    EXPECT_EQ(read_array<int64_t>(dir.path(), "A/tables/cells/t") == t, true);
    EXPECT_EQ(read_array<int64_t>(dir.path(), "A/tables/cells/z") == z, true);
    EXPECT_EQ(read_array<int64_t>(dir.path(), "A/tables/cells/label") == label, true);
    EXPECT_EQ(read_array<double>(dir.path(), "A/tables/cells/area") == area, true);
  }
}

TEST(TableColumns, MissingNumbersStayNaN) {
  const TempDir dir;
  TableColumns table(dir.path(), "tables/cells", 3, {}, kSchema);
  std::vector<std::byte> buffer = rows_of(1, 2);
  MutableTable{&kSchema, buffer.data(), 2}.column<double>(1)[0] =
      std::numeric_limits<double>::quiet_NaN();
  ASSERT_TRUE(table.append({}, {&kSchema, buffer.data(), 2}).ok());
  ASSERT_TRUE(table.append({}, {&kSchema, buffer.data(), 0}).ok());
  ASSERT_TRUE(table.flush().ok());
  test::put_objects(dir.path(), table.objects(2));
  const auto area = read_array<double>(dir.path(), "tables/cells/area");
  EXPECT_TRUE(std::isnan(area[0]));
  EXPECT_EQ(area[1], 0.25);
}

TEST(TableColumns, MetadataNamesColumnsUnitsAndTables) {
  const TableColumns table("x", "tables/cells", 3, kStream, kSchema);
  const auto objects = table.objects(0);
  ASSERT_EQ(objects.size(), 5u);
  EXPECT_EQ(json::parse(objects[3].text)["attributes"], json({{"unit", "px"}}));
  EXPECT_EQ(json::parse(objects[4].text)["attributes"]["parfocal"],
            json::parse(R"({"version": 1, "columns": ["t", "z", "label", "area"], "row": "row"})"));
  const auto group = tables_group("tables", 3, {"cells"});
  ASSERT_EQ(group.size(), 1u);
  EXPECT_EQ(group[0].key, "tables/zarr.json");
  EXPECT_EQ(json::parse(group[0].text)["attributes"]["parfocal"]["tables"], json({"cells"}));
}

}  // namespace
}  // namespace parfocal
