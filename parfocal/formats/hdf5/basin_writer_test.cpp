#include "parfocal/formats/hdf5/basin_writer.h"

#include <gmock/gmock.h>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/lock.h"
#include "parfocal/formats/hdf5/measurement_identifier.h"
#include "parfocal/formats/hdf5/pieces.h"
#include "parfocal/formats/hdf5/rtdc_copy.h"
#include "parfocal/formats/hdf5/rtdc_file.h"
#include "parfocal/formats/hdf5/strings.h"
#include "parfocal/formats/hdf5/types.h"
#include "test_places.h"

namespace parfocal {
namespace {

using test::TempDir;
using testing::ElementsAre;

BasinEntry background_entry(const std::string& mapping) {
  BasinEntry entry;
  entry.name = "background images";
  entry.description = "Pipeline identifier: sparsemed:k=10^s=0.02^t=0^f=0.8^o=1";
  entry.internal = true;
  entry.features = {"image_bg"};
  entry.mapping = mapping;
  return entry;
}

std::filesystem::path real_file(const std::string& name) {
  return std::filesystem::path(PARFOCAL_SHARED_DIR) / "data" / "dcnum" / name;
}

TEST(BasinWriter, NamesTheEntryByTheMd5OfDcnumsText) {
  TempDir dir;
  const H5File file = H5File::create(dir / "a.rtdc");
  store_basin(file, background_entry("basinmap0"));
  EXPECT_THAT(file.members("basins"), ElementsAre("fece0b835ed520d25a4e60bbd036b8e9"));
  EXPECT_EQ(read_strings(file, "basins/fece0b835ed520d25a4e60bbd036b8e9").front(), "{");
}

TEST(BasinWriter, WritesFileBasinsWithTheIdentifierAndEscapedLetters) {
  BasinEntry entry;
  entry.name = "M\u00fcller.rtdc";
  entry.paths = {"a/b.rtdc"};
  EXPECT_EQ(basin_text(entry),
            "{\n  \"description\": null,\n  \"name\": \"M\\u00fcller.rtdc\",\n  \"format\": "
            "\"hdf5\",\n  \"paths\": [\n    \"a/b.rtdc\"\n  ],\n  \"type\": \"file\",\n  "
            "\"identifier\": null\n}");
}

TEST(BasinWriter, ReadsBackWhatItWrote) {
  BasinEntry entry = background_entry("basinmap3");
  const auto read = parse_basin(basin_text(entry));
  ASSERT_TRUE(read);
  EXPECT_EQ(basin_text(*read), basin_text(entry));
  EXPECT_FALSE(parse_basin("{\"type\": \"remote\"}"));
  EXPECT_FALSE(parse_basin("nonsense"));
}

TEST(BasinWriter, TakesTheFirstFreeOrEqualMapping) {
  TempDir dir;
  const H5File file = H5File::create(dir / "a.rtdc");
  EXPECT_EQ(store_mapping(file, {0, 0, 1}), "basinmap0");
  EXPECT_EQ(store_mapping(file, {0, 1, 1}), "basinmap1");
  EXPECT_EQ(store_mapping(file, {0, 0, 1}), "basinmap0");
  for (int64_t k = 2; k < 10; ++k) store_mapping(file, {k, k, k});
  EXPECT_THROW(store_mapping(file, {11, 11, 11}), Error);
}

TEST(BasinWriter, ComparesAndStoresLongMappingsInPieces) {
  TempDir dir;
  const H5File file = H5File::create(dir / "a.rtdc");
  std::vector<int64_t> mapping(3 * kMappingAtOnce + 7);
  for (size_t i = 0; i < mapping.size(); ++i) mapping[i] = static_cast<int64_t>(i * i % 1000);
  std::vector<int64_t> other = mapping;
  ++other.back();
  EXPECT_EQ(store_mapping(file, mapping), "basinmap0");
  EXPECT_EQ(store_mapping(file, other), "basinmap1");
  EXPECT_EQ(store_mapping(file, mapping), "basinmap0");
  EXPECT_EQ(read_integer_column(file, "events/basinmap0"), mapping);
  EXPECT_EQ(read_integer_column(file, "events/basinmap1"), other);
}

TEST(BasinWriter, RemovesItsOwnOldEntryDataAndMapping) {
  TempDir dir;
  const H5File file = H5File::create(dir / "a.rtdc");
  BasinEntry shared = background_entry(store_mapping(file, {0, 0, 1}));
  shared.features = {"image_bg", "userdef1"};
  store_basin(file, shared);
  store_basin(file, background_entry(store_mapping(file, {0, 1, 1})));
  write_column<double>(file, "basin_events/image_bg", {1, 2});
  BasinEntry other;
  other.name = "elsewhere";
  other.paths = {"x.rtdc"};
  other.features = {"image_bg"};
  store_basin(file, other);

  remove_internal_feature(file, "image_bg");
  EXPECT_FALSE(file.exists("basin_events/image_bg"));
  EXPECT_TRUE(file.exists("events/basinmap0")) << "still needed by userdef1";
  EXPECT_FALSE(file.exists("events/basinmap1"));
  const auto left = read_basin_entries(file);
  ASSERT_EQ(left.size(), 2u);
  for (const BasinEntry& entry : left)
    EXPECT_THAT(entry.features, ElementsAre(entry.internal ? "userdef1" : "image_bg"));
}

TEST(RtdcCopy, ComputesTheIdentifierOfAMeasurement) {
  const auto file =
      H5File::open(real_file("fmt-hdf5_cytoshot_full-features_2023/cytoshot-test-data.rtdc"));
  EXPECT_EQ(measurement_identifier(file), "d5a40aed-0b6c-0412-e87c-59789fdd28d0");
}

TEST(RtdcCopy, TakesOverAttributesLogsAndTablesAndRefersToTheRest) {
  TempDir dir;
  const auto path = real_file("fmt-hdf5_cytoshot_full-features_2024/dcnum_thresh_example.rtdc");
  const H5File from = H5File::open(path);
  H5File to = H5File::create(dir / "a.rtdc");
  refer_to(from, to, dir.path());
  EXPECT_EQ(read_attributes(to.id(), "a"), read_attributes(from.id(), "b"));
  EXPECT_EQ(to.members("logs"), from.members("logs"));
  EXPECT_EQ(to.members("tables"), from.members("tables"));
  for (const std::string& log : from.members("logs"))
    EXPECT_EQ(read_strings(to, "logs/" + log), read_strings(from, "logs/" + log));
  const auto entries = read_basin_entries(to);
  ASSERT_FALSE(entries.empty());
  const auto own = std::find_if(entries.begin(), entries.end(), [](const BasinEntry& entry) {
    return entry.name == "dcnum_thresh_example.rtdc";
  });
  ASSERT_NE(own, entries.end());
  EXPECT_EQ(own->paths.front(), std::filesystem::canonical(path).string());
  EXPECT_THAT(own->features, testing::Contains("image"));
}

void write_doubles(const H5File& file, const std::string& name, const std::vector<int64_t>& shape,
                   const std::vector<int64_t>& chunk, const std::vector<double>& values) {
  const Handle table = create_dataset(file, name, {DType::f64, shape, chunk, 0, false});
  write_dataset(table.id(), DType::f64, values.data(), name);
}

// More than one box along every axis, and none that divides the table.
TEST(RtdcCopy, CopiesTablesInPieces) {
  TempDir dir;
  std::vector<double> values(3 * 300'001);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  const auto count = static_cast<int64_t>(values.size());
  {
    const H5File file = H5File::create(dir / "a.rtdc");
    write_doubles(file, "tables/column", {count}, {70'000}, values);
    write_doubles(file, "tables/wide", {3, count / 3}, {2, 1000}, values);
  }
  const H5File from = H5File::open(dir / "a.rtdc"), to = H5File::create(dir / "b.rtdc");
  copy_metadata(from, to);
  for (const char* name : {"tables/column", "tables/wide"}) {
    std::vector<double> copied(values.size());
    const Handle table = open_for_pieces(to, name);
    Box all;
    {
      const Hdf5Lock lock;
      for (const int64_t size : shape_of(table.id()))
        all.count.push_back(static_cast<uint64_t>(size));
      all.first.resize(all.count.size());
      ASSERT_TRUE(read_box(table.id(), native_type(DType::f64).id(), all, copied.data()));
    }
    EXPECT_EQ(copied, values) << name;
  }
  EXPECT_LT(copying_bytes(dir / "a.rtdc"), 16 << 20);
}

TEST(RtdcCopy, RefusesATableThatWasNeverWrittenBeforeAnythingIsComputed) {
  TempDir dir;
  {
    const H5File file = H5File::create(dir / "a.rtdc");
    create_dataset(file, "tables/h", {DType::f64, {1'000'000'000'000}, {1000}, 5, true});
  }
  EXPECT_EQ(copying_bytes(dir / "none.rtdc"), 0);
  try {
    copying_bytes(dir / "a.rtdc");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::input_missing);
    EXPECT_THAT(error.what(), testing::HasSubstr("a.rtdc: tables/h"));
    EXPECT_THAT(error.what(), testing::HasSubstr("1000000000000 rows in 0 bytes"));
  }
}

TEST(RtdcCopy, MakesTextsOfVariableLengthFixed) {
  TempDir dir;
  const H5File from = H5File::open(real_file(
      "fmt-hdf5_shapein_raw-with-variable-length-logs/file_with_variable_length_logs.rtdc"));
  H5File to = H5File::create(dir / "a.rtdc");
  copy_metadata(from, to);
  const auto logs = to.members("logs");
  ASSERT_FALSE(logs.empty());
  for (const std::string& log : logs) {
    EXPECT_EQ(read_strings(to, "logs/" + log), read_strings(from, "logs/" + log));
    EXPECT_EQ(text_of(*read_attribute(to.dataset("logs/" + log).id(), "software")),
              software_name());
  }
}

}  // namespace
}  // namespace parfocal
