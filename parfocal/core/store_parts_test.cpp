#include "parfocal/core/store_parts.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr const char* kAxes = R"("axes":[{"name":"t"},{"name":"y"},{"name":"x"}])";

class StorePartsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "parfocal-parts-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const fs::path& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  void describe(int format, const std::string& path) const {
    const auto image = [](const std::string& of, const char* levels) {
      return R"({"path":")" + of + "\"," + kAxes + R"(,"levels":)" + levels + "}";
    };
    const std::string labels = path.empty() ? "labels/cells" : path + "/labels/cells";
    write("__parfocal/store.json", R"({"parfocal_store":1,"zarr_format":)" +
                                       std::to_string(format) +
                                       R"(,"columns":[{"name":"time_s"}],"images":[)" +
                                       image(path, "2") + "," + image(labels, "1") + "]}");
  }
  void expect_own(std::initializer_list<const char*> names) const {
    const StoreParts parts(root_);
    for (const char* name : names) EXPECT_TRUE(parts.has(name)) << name;
  }
  void expect_foreign(std::initializer_list<const char*> names) const {
    const StoreParts parts(root_);
    for (const char* name : names) EXPECT_FALSE(parts.has(name)) << name;
  }
  fs::path root_;
};

TEST_F(StorePartsTest, AreTheLevelsLabelsAndColumnsOfTheDescription) {
  describe(3, "");
  expect_own({"zarr.json", "0/zarr.json", "0/zarr.json.part", "1/c/0/0/0", "0/c/12/0/3.part",
              "frames/zarr.json", "frames/time_s/c/0", "frames/valid/zarr.json", "labels/zarr.json",
              "labels/cells/0/c/0/0/0", "labels/cells/frames/valid/c/3", "__parfocal/journal"});
  expect_foreign({"2/zarr.json",
                  "2/c/0/0/0",
                  "0/c/0/0",
                  "0/c/0/0/0/0",
                  "0/0/0/0",
                  "0/7/zarr.json",
                  "0",
                  "0/.zarray",
                  "frames/quality/c/0",
                  "labels/cells/9/zarr.json",
                  "labels/mine/zarr.json",
                  "tables/mine/score/c/0",
                  "tables/zarr.json",
                  "c/0",
                  "OME/zarr.json",
                  ".zattrs",
                  "notes.txt",
                  "0/c/notes",
                  "part",
                  ".part"});
}

TEST_F(StorePartsTest, OfVersionTwoHaveItsNames) {
  describe(2, "A/1/0");
  expect_own({".zattrs", ".zgroup", ".zmetadata", "A/.zgroup", "A/1/.zattrs", "A/1/0/0/.zarray",
              "A/1/0/1/0/0/0", "A/1/0/frames/valid/0", "A/1/0/labels/cells/0/0/0/0"});
  expect_foreign({"A/1/.zarray", "A/1/1/.zgroup", "A/2/.zgroup", "A/1/0/2/.zarray", "zarr.json",
                  "A/.zmetadata", "A/1/0/0/c/0/0/0", "A/1/0/0/0/.zarray", "0/0/0/0"});
}

TEST_F(StorePartsTest, AreTheTablesThatTheStoreListsWithTheColumnsThatTheyList) {
  describe(3, "");
  write("tables/zarr.json", R"({"attributes":{"parfocal":{"version":1,"tables":["objects"]}}})");
  write("tables/objects/zarr.json", R"({"attributes":{"parfocal":{"columns":["t","area"]}}})");
  expect_own({"tables/zarr.json", "tables/objects/zarr.json", "tables/objects/area/c/0"});
  expect_foreign({"tables/objects/score/c/0", "tables/mine/zarr.json", "tables/mine/score/c/0"});
}

TEST_F(StorePartsTest, AreThoseOfATableWhoseWriterWasKilledBeforeItNamedIt) {
  describe(3, "");
  expect_foreign({"tables/objects/t/zarr.json"});
  write("__parfocal/journal", "");
  expect_own({"tables/objects/t/zarr.json", "tables/objects/zarr.json", "tables/zarr.json.part"});
  expect_foreign({"tables/objects/t/c/0", "tables/a/b/c/zarr.json"});
  write("tables/zarr.json", "{}");  // of who added an array
  expect_foreign({"tables/objects/t/zarr.json", "tables/zarr.json"});
}

TEST_F(StorePartsTest, WithoutADescriptionAreWhatTheMarkedMetadataNames) {
  const std::string image = std::string(R"({"attributes":{"parfocal":{},"ome":{"multiscales":[{)") +
                            kAxes + R"(,"datasets":[{"path":"0"}]}]}}})";
  write("zarr.json", image);
  write("labels/zarr.json", R"({"attributes":{"ome":{"labels":["cells","mine"]}}})");
  write("labels/cells/zarr.json", image);
  write("labels/mine/zarr.json", R"({"attributes":{"ome":{"multiscales":[]}}})");
  expect_own({"zarr.json", "0/c/0/0/0", "labels/zarr.json", "labels/cells/0/zarr.json"});
  expect_foreign({"1/zarr.json", "labels/mine/zarr.json", "frames/valid/c/0", "frames/zarr.json"});
}

TEST_F(StorePartsTest, OfWhatSaysNothingAreNone) {
  write("zarr.json", R"({"attributes":{"ome":{"multiscales":[{"datasets":[{"path":"0"}]}]}}})");
  expect_foreign({"zarr.json", "0/zarr.json", "0/c/0/0/0"});
  for (const char* text : {"", "{}", "[1,2", R"({"images":[3,{"path":7}],"columns":4})"}) {
    write("__parfocal/store.json", text);
    expect_own({"__parfocal/store.json"});
    expect_foreign({"0/zarr.json", "0/c/0/0/0", "frames/valid/c/0"});
  }
}

}  // namespace
}  // namespace parfocal
