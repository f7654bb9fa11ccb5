#include "parfocal/formats/hdf5/basin_writer.h"

#include <gmock/gmock.h>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/dataset.h"
#include "parfocal/formats/hdf5/measurement_identifier.h"
#include "parfocal/formats/hdf5/rtdc_copy.h"
#include "parfocal/formats/hdf5/strings.h"
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
