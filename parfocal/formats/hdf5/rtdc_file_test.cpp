#include "parfocal/formats/hdf5/rtdc_file.h"

#include <gmock/gmock.h>
#include <hdf5.h>

#include "parfocal/formats/hdf5/test_rtdc-inl.h"
#include "test_places.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using RtdcFiles = RtdcTest;

TEST_F(RtdcFiles, InternalBasinsComeBeforeFilesAndAfterEvents) {
  write_movie("raw.rtdc", 6);
  {
    const H5File file = create("top.rtdc", 6);
    write_images(file, "events/image", 6);
    write_images(file, "basin_events/image_bg", 2);
    write_column(file, "events/basinmap0", std::vector<int64_t>{0, 0, 0, 1, 1, 1});
    write_basin(file, "a", R"({"name": "a", "type": "file", "format": "hdf5",
      "paths": ["/nowhere/raw.rtdc", "raw.rtdc"], "features": ["image", "time", "image_bg"]})");
    write_basin(file, "z", R"({"name": "z", "type": "internal", "format": "h5dataset",
      "paths": ["basin_events"], "features": ["image_bg"], "mapping": "basinmap0"})");
  }
  const auto file = RtdcFile::open(folder_ / "top.rtdc");
  ASSERT_EQ(file->basins().size(), 2u);
  EXPECT_EQ(file->basins()[0].name, "z");
  EXPECT_EQ(file->basins()[1].found.filename(), "raw.rtdc");
  EXPECT_EQ(file->place("image").basin, "");
  EXPECT_EQ(file->place("image_bg").basin, "z");
  EXPECT_THAT(file->place("image_bg").map, ElementsAre(0, 0, 0, 1, 1, 1));
  EXPECT_THAT(file->scalar("time"), ElementsAre(3, 3.5, 4, 4.5, 5, 5.5));
  EXPECT_THAT(file->features(), ElementsAre("basinmap0", "image", "image_bg", "time"));
  EXPECT_EQ(file->facts("image_bg").mapped, true);
}

TEST_F(RtdcFiles, MappingsOfNestedBasinsFollowEachOther) {
  write_movie("raw.rtdc", 6);
  {
    const H5File file = create("middle.rtdc", 3);
    write_column(file, "events/basinmap0", std::vector<int64_t>{5, 3, 1});
    write_basin(file, "a", R"({"name": "raw", "type": "file", "paths": ["raw.rtdc"],
                               "mapping": "basinmap0"})");
  }
  fs::create_directory(folder_ / "sub");
  {
    const H5File file = create("sub/top.rtdc", 2);
    write_column(file, "events/basinmap1", std::vector<int64_t>{2, 0});
    write_basin(file, "a", R"({"name": "middle", "type": "file", "paths": ["../middle.rtdc"],
                               "mapping": "basinmap1"})");
  }
  const auto file = RtdcFile::open(folder_ / "sub" / "top.rtdc");
  EXPECT_THAT(file->place("image").map, ElementsAre(1, 5));
  EXPECT_THAT(file->scalar("time"), ElementsAre(3.5, 5.5));
  EXPECT_THAT(file->features(), ElementsAre("basinmap1", "image", "time"));
}

TEST_F(RtdcFiles, BasinsThatCannotBeUsedSayWhy) {
  write_movie("raw.rtdc", 2);
  {
    const H5File file = create("top.rtdc", 2);
    const std::string common = R"(, "type": "file", "features": ["image"], "paths": )";
    write_basin(file, "a", R"({"name": "a")" + common + R"(["gone.rtdc"]})");
    write_basin(file, "b", R"({"name": "b")" + common + R"(["top.rtdc"]})");
    write_basin(file, "c", R"({"name": "c", "identifier": "other")" + common + R"(["raw.rtdc"]})");
    write_basin(file, "d", R"({"name": "d", "mapping": "basinmap3")" + common + R"(["raw.rtdc"]})");
    write_basin(file, "e", "{ this is no JSON");
    write_basin(file, "f", R"({"name": "f", "type": "remote", "paths": ["https://x"]})");
  }
  const auto file = RtdcFile::open(folder_ / "top.rtdc");
  const std::string said = message(ErrorCode::input_missing, [&] { file->place("image"); });
  for (const char* part :
       {"'a': no such file: gone.rtdc", "'b': it leads back to top.rtdc",
        "'c': its identifier is '', expected 'other'", "'d': its mapping events/basinmap3",
        "no JSON", "'f': basins of type 'remote'"})
    EXPECT_THAT(said, HasSubstr(part));
  EXPECT_FALSE(file->has("image"));
}

TEST_F(RtdcFiles, IdentifiersHaveToFitWhereNoneIsStated) {
  const auto write = [&](const std::string& name, const std::string& identifier, bool basin) {
    const H5File file = create(name, 2);
    write_attribute(file.id(), "experiment:run identifier", identifier, name);
    if (!basin) {
      write_images(file, "events/image", 2);
      return;
    }
    write_column(file, "events/basinmap0", std::vector<int64_t>{0, 1});
    write_basin(file, "a", R"({"name": "a", "type": "file", "paths": ["raw.rtdc"]})");
    write_basin(file, "b", R"({"name": "b", "type": "file", "paths": ["raw.rtdc"],
                               "mapping": "basinmap0"})");
  };
  write("raw.rtdc", "run", false);
  write("same.rtdc", "run", true);
  write("part.rtdc", "run_dcn-1234567", true);
  write("other.rtdc", "walk", true);
  const auto basins = [&](const char* name) {
    std::string usable;
    const auto file = RtdcFile::open(folder_ / name);
    for (const RtdcBasin& basin : file->basins())
      if (basin.problem.empty()) usable += basin.name;
    return usable;
  };
  EXPECT_EQ(basins("same.rtdc"), "ab");
  EXPECT_EQ(basins("part.rtdc"), "b");
  EXPECT_EQ(basins("other.rtdc"), "");
}

TEST_F(RtdcFiles, AnIdentifierIsMadeFromDateTimeAndSetup) {
  {
    const H5File file = create("a.rtdc", 0);
    write_attribute(file.id(), "experiment:time", std::string("15:24:17"), "a");
    write_attribute(file.id(), "experiment:date", std::string("2023-10-17"), "a");
    write_attribute(file.id(), "setup:identifier", std::string("ZMDD-AcC-8ecba5-cd57e2"), "a");
  }
  // Python: uuid.UUID(hex=md5(b"15:24:17_2023-10-17_ZMDD-AcC-8ecba5-cd57e2").hexdigest())
  EXPECT_EQ(RtdcFile::open(folder_ / "a.rtdc")->measurement_identifier(),
            "c48af4c9-de05-7943-6011-aa8094a90412");
}

TEST_F(RtdcFiles, MappingsThatLeadNowhereAreErrors) {
  for (const int64_t item : {int64_t{2}, int64_t{-1}, int64_t{1} << 62}) {
    fs::remove(folder_ / "top.rtdc");
    {
      const H5File file = create("top.rtdc", 2);
      write_images(file, "basin_events/image", 2);
      write_column(file, "events/basinmap0", std::vector<int64_t>{0, item});
      write_basin(file, "a", R"({"name": "a", "type": "internal", "paths": ["basin_events"],
                                 "features": ["image"], "mapping": "basinmap0"})");
    }
    const auto file = RtdcFile::open(folder_ / "top.rtdc");
    EXPECT_THAT(message(ErrorCode::input_missing, [&] { file->place("image"); }),
                HasSubstr("item " + std::to_string(item)));
  }
}

TEST_F(RtdcFiles, LogsAndTablesAreListed) {
  {
    const H5File file = create("a.rtdc", 0);
    write_strings(file, "logs/dcnum-job", {"{", "}"});
    write_variable_strings(file, "logs/old", {"one"});
    const Handle type(H5Tcreate(H5T_COMPOUND, 16));
    H5Tinsert(type.id(), "brightness", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(type.id(), "focus", 8, H5T_NATIVE_DOUBLE);
    const hsize_t shape[] = {7, 1, 1};
    const Handle space(H5Screate_simple(3, shape, nullptr)), group = file.require_group("tables");
    const Handle table(H5Dcreate2(group.id(), "monitor", type.id(), space.id(), H5P_DEFAULT,
                                  H5P_DEFAULT, H5P_DEFAULT));
  }
  const auto file = RtdcFile::open(folder_ / "a.rtdc");
  EXPECT_THAT(file->logs(), ElementsAre("dcnum-job", "old"));
  EXPECT_THAT(file->log("old"), ElementsAre("one"));
  ASSERT_EQ(file->tables().size(), 1u);
  EXPECT_EQ(file->tables()[0].rows, 7);
  EXPECT_THAT(file->tables()[0].columns, ElementsAre("brightness", "focus"));
  EXPECT_EQ(file->events(), 0);
}

TEST_F(RtdcFiles, WithoutEventsAreRefused) {
  { H5File::create(folder_ / "a.rtdc").require_group("images"); }
  EXPECT_THAT(message(ErrorCode::input_missing, [&] { RtdcFile::open(folder_ / "a.rtdc"); }),
              HasSubstr("no group 'events'"));
}

class RealRtdcFiles : public testing::Test {
 protected:
  static std::shared_ptr<const RtdcFile> open(const std::string& set, const std::string& name) {
    const fs::path path = fs::path(PARFOCAL_SHARED_DIR) / "data" / "dcnum" / set / name;
    return fs::exists(path) ? RtdcFile::open(path) : nullptr;
  }
};

TEST_F(RealRtdcFiles, GiveTheirFeaturesLogsAndTables) {
  const auto file = open("fmt-hdf5_cytoshot_full-features_2024", "dcnum_thresh_example.rtdc");
  if (!file) GTEST_SKIP() << "no reference data";
  EXPECT_EQ(file->events(), 13);
  EXPECT_EQ(file->logs().size(), 4u);
  EXPECT_EQ(file->log("dclab-compress").size(), 31u);
  EXPECT_EQ(file->tables().size(), 2u);
  EXPECT_EQ(file->tables()[0].rows, 750);
  EXPECT_EQ(file->facts("image").compression, "zstd 5, fletcher32");
  EXPECT_EQ(file->scalar("bg_off").size(), 13u);
  EXPECT_EQ(file->attribute("pipeline:dcnum generation").has_value(), true);
}

TEST_F(RealRtdcFiles, OfOldSoftwareHaveLogsOfVariableLength) {
  const auto file =
      open("fmt-hdf5_shapein_raw-with-variable-length-logs", "file_with_variable_length_logs.rtdc");
  if (!file) GTEST_SKIP() << "no reference data";
  EXPECT_EQ(file->log("M1_para.ini").size(), 18u);
  EXPECT_EQ(file->facts("image").chunk, (std::vector<int64_t>{5, 20, 125}));
}

TEST_F(RealRtdcFiles, WithoutEventsOpenAndAreEmpty) {
  const auto file = open("fmt-hdf5_shapein_empty", "M001_data.rtdc");
  if (!file) GTEST_SKIP() << "no reference data";
  EXPECT_EQ(file->events(), 0);
  EXPECT_THAT(file->scalar("deform"), IsEmpty());
  EXPECT_EQ(file->facts("trace").is_group, true);
  EXPECT_THAT(file->features(), Contains("image"));
  EXPECT_THAT(file->features(), Not(Contains("nonsense")));
}

}  // namespace
}  // namespace parfocal
