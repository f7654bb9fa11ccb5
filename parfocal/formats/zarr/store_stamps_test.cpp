#include "parfocal/formats/zarr/store_stamps.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using test::make_layout;
using test::open_source;
using test::raw_map;
using test::TempDir;
using testing::HasSubstr;

const Layout kLayout = make_layout(DType::u8, {{"t", 4}}, {{"y", 3}, {"x", 5}});

void write_store(const TempDir& dir) {
  const auto sink =
      test::make_sink("ome_zarr", raw_map({{"path", "a.zarr"}, {"shard", "none"}}),
                      {{"from", "s", "out", {PortKind::image, kLayout, {}}}}, {dir.path(), "", {}});
  sink->open();
  const test::Image image = test::random_image(DType::u8, kLayout.whole_item(), 1);
  for (int64_t k = 0; k < 4; ++k) {
    const FrameHeader header = test::header_of(kLayout, k);
    const Input in{&header, nullptr, image.view(), {}};
    ASSERT_TRUE(sink->write(std::span(&in, 1)).ok());
  }
  ASSERT_TRUE(sink->close({}).ok());
}
std::unique_ptr<Source> open(const TempDir& dir) {
  return open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path());
}
std::string change_of(const Source& source) {
  const Status s = source.unchanged();
  return s.ok() ? "" : s.issue().str();
}

TEST(StoreStamps, AStoreThatNobodyTouchesIsUnchanged) {
  TempDir dir;
  write_store(dir);
  const auto source = open(dir);
  test::read_all(*source, 2);
  EXPECT_EQ(change_of(*source), "");
}

TEST(StoreStamps, AStoreThatIsReplacedByAnotherRunIsNoticed) {
  TempDir dir;
  write_store(dir);
  const auto source = open(dir);
  fs::rename(dir / "a.zarr", dir / "old.zarr");
  EXPECT_THAT(change_of(*source), HasSubstr("changed"));
  write_store(dir);  // of equal metadata
  EXPECT_THAT(change_of(*source), HasSubstr("changed"));
}

// What may become of a chunk.
const std::vector<std::function<void(const fs::path&)>> kDeeds = {
    [](const fs::path& chunk) { fs::remove(chunk); },
    [](const fs::path& chunk) { fs::rename(chunk, chunk.parent_path() / "7"); },
    [](const fs::path& chunk) { test::write_text(chunk.parent_path() / "9", "another"); },
    [](const fs::path& chunk) { fs::remove_all(chunk.parent_path().parent_path()); },
    [](const fs::path& chunk) { test::write_text(chunk, "written in its place"); },
    [](const fs::path& chunk) {  // by as many bytes
      fs::last_write_time(chunk, fs::last_write_time(chunk) + std::chrono::seconds(1));
    }};
fs::path chunk_of(const TempDir& dir) {
  fs::path chunk;
  for (const auto& entry : fs::recursive_directory_iterator(dir / "a.zarr/0/c"))
    if (entry.is_regular_file()) chunk = entry.path();
  return chunk;
}

TEST(StoreStamps, ChunksThatAreRemovedReplacedAddedOrWrittenAreNoticed) {
  for (const auto& deed : kDeeds) {
    TempDir dir;
    write_store(dir);
    const auto source = open(dir);
    ASSERT_EQ(change_of(*source), "");
    deed(chunk_of(dir));
    EXPECT_THAT(change_of(*source), HasSubstr("chunks of"));
  }
}

TEST(StoreStamps, ChunksThatChangedBetweenTwoRunsMakeAnotherInput) {
  for (const auto& deed : kDeeds) {
    TempDir dir;
    write_store(dir);
    const std::string before = open(dir)->identity();
    EXPECT_EQ(open(dir)->identity(), before);
    const auto source = open(dir);
    ASSERT_EQ(source->identity(), before);
    deed(chunk_of(dir));
    EXPECT_EQ(source->identity(), before) << "of what was opened";
    EXPECT_NE(open(dir)->identity(), before);
  }
}

TEST(StoreStamps, ChunksThatComeToAStoreThatGrowsMakeNoOtherInput) {
  TempDir dir;
  write_store(dir);
  test::write_text(dir / "a.zarr/__parfocal/journal", "");  // as if it were being written
  const std::string before = open(dir)->identity();
  test::write_text(chunk_of(dir).parent_path() / "9", "the next");
  EXPECT_EQ(open(dir)->identity(), before);
}

TEST(StoreStamps, MetadataThatIsWrittenIsNoticed) {
  for (const char* name : {"zarr.json", "0/zarr.json"}) {
    TempDir dir;
    write_store(dir);
    const auto source = open(dir);
    const std::string text = test::read_text(dir / "a.zarr" / name);
    test::write_text(dir / "a.zarr" / name, text + " ");
    EXPECT_THAT(change_of(*source), HasSubstr(name));
  }
}

TEST(StoreStamps, AStoreThatIsOpenedToBeWrittenIsNoticed) {
  for (const char* journal : {"journal", "journal.next"}) {
    TempDir dir;
    write_store(dir);
    const auto source = open(dir);
    test::write_text(dir / "a.zarr/__parfocal" / journal, "");
    EXPECT_THAT(change_of(*source), HasSubstr("is being written")) << journal;
  }
}

TEST(StoreStamps, AStoreThatGrowsStaysWhatItWas) {
  TempDir dir;
  write_store(dir);
  test::write_text(dir / "a.zarr/__parfocal/journal", "");  // as if it were being written
  const fs::path metadata = dir / "a.zarr/0/zarr.json";
  nlohmann::json json = nlohmann::json::parse(test::read_text(metadata));
  const auto publish = [&](int64_t frames) {
    json["shape"][0] = frames;
    test::write_text(metadata, json.dump());
  };
  publish(2);
  const auto source = open(dir);
  EXPECT_EQ(change_of(*source), "") << "it may stay as it is";
  publish(3);
  EXPECT_EQ(change_of(*source), "");
  fs::remove(dir / "a.zarr/__parfocal/journal");  // its writer is done
  EXPECT_EQ(change_of(*source), "");
  publish(1);
  EXPECT_THAT(change_of(*source), HasSubstr("changed"));
  const auto becomes = [&](const char* key, const nlohmann::json& value) {
    const nlohmann::json before = json;
    json[nlohmann::json::json_pointer(key)] = value;
    publish(4);
    EXPECT_THAT(change_of(*source), HasSubstr("changed")) << key;
    json = before;
    publish(4);
    EXPECT_EQ(change_of(*source), "");
  };
  becomes("/data_type", "int8");
  becomes("/shape/1", 4);
  becomes("/shape/2", 4);
  becomes("/chunk_grid/configuration/chunk_shape/1", 2);
}

}  // namespace
}  // namespace parfocal
