#include "parfocal/formats/zarr/chunk_lookup.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "parfocal/formats/zarr/test_array-inl.h"

namespace parfocal {
namespace {

using nlohmann::json;
using test::open_source;
using test::raw_map;
using test::read_all;
using test::TempDir;
using testing::HasSubstr;

// A way of naming chunks: "0.0.0" or "c/0/0/0"...
struct Keys {
  bool v2_keys;
  std::string separator;
};
const Keys kFlat{true, "."}, kNested{true, "/"}, kDefault{false, "/"}, kDefaultDots{false, "."};

ZarrArray v2_array() {
  return parse_zarr_v2_array(
      R"({"zarr_format": 2, "shape": [3, 4, 5], "chunks": [1, 4, 3], "dtype": "<u2",
          "compressor": null, "fill_value": 0, "filters": null, "order": "C"})");
}

test::Image numbered() {
  test::Image image(DType::u16, Region::whole({3, 4, 5}));
  for (int i = 0; i < 60; ++i) image.view().as<uint16_t>()[i] = static_cast<uint16_t>(i + 1);
  return image;
}

// Writes the chunks under `keys`, and metadata that says nothing of them.
json write_v2(const TempDir& dir, const Keys& keys) {
  ZarrArray array = v2_array();
  array.v2_keys = keys.v2_keys;
  array.separator = keys.separator;
  test::write_chunks(dir / "a.zarr", array, numbered());
  return {{"zarr_format", 2}, {"shape", {3, 4, 5}}, {"chunks", {1, 4, 3}},   {"dtype", "<u2"},
          {"fill_value", 0},  {"order", "C"},       {"compressor", nullptr}, {"filters", nullptr}};
}
json write_v3(const TempDir& dir, const Keys& keys) {
  write_v2(dir, keys);
  json meta = test::array_json(DType::u16, {3, 4, 5}, {1, 4, 3},
                               R"([{"name": "bytes", "configuration": {"endian": "little"}}])");
  meta["fill_value"] = 0;
  return meta;
}
void set_metadata(const TempDir& dir, const json& meta) {
  test::write_text(dir / "a.zarr" / (meta["zarr_format"] == 2 ? ".zarray" : "zarr.json"),
                   meta.dump());
}

std::unique_ptr<Source> open(const TempDir& dir) {
  return open_source("ome_zarr", raw_map({{"path", "a.zarr"}, {"axes", "tyx"}}), dir.path());
}
std::string refusal(const TempDir& dir) {
  try {
    open(dir);
  } catch (const Error& e) {
    return e.issues()[0].str();
  }
  return "was read";
}
void expect_right_pixels(const Source& source) {
  for (int t = 0; t < 3; ++t) {
    const test::Image frame = read_all(source, t);
    for (int i = 0; i < 20; ++i) ASSERT_EQ(frame.view().as<uint16_t>()[i], 20 * t + i + 1);
  }
}

TEST(ChunkLookup, ReadsChunksOfVersion2WhoseSeparatorIsNotStated) {
  for (const Keys& keys : {kFlat, kNested}) {
    TempDir dir;
    set_metadata(dir, write_v2(dir, keys));
    const auto source = open(dir);
    expect_right_pixels(*source);
    EXPECT_EQ(source->notices().size(), keys.separator == "/" ? 1u : 0u);
  }
}

TEST(ChunkLookup, RefusesChunksUnderOtherKeysThanTheMetadataStates) {
  for (const Keys& stated : {kFlat, kNested, kDefault, kDefaultDots})
    for (const Keys& there : {kFlat, kNested, kDefault, kDefaultDots})
      for (const int format : {2, 3}) {
        if (format == 2 && !stated.v2_keys) continue;
        TempDir dir;
        json meta = format == 2 ? write_v2(dir, there) : write_v3(dir, there);
        if (format == 2)
          meta["dimension_separator"] = stated.separator;
        else
          meta["chunk_key_encoding"] = {{"name", stated.v2_keys ? "v2" : "default"},
                                        {"configuration", {{"separator", stated.separator}}}};
        set_metadata(dir, meta);
        if (stated.v2_keys == there.v2_keys && stated.separator == there.separator) {
          expect_right_pixels(*open(dir));
          EXPECT_TRUE(open(dir)->notices().empty());
          continue;
        }
        const std::string text = refusal(dir);
        EXPECT_THAT(text, HasSubstr("chunks lie under other keys"));
        ZarrArray named = v2_array();
        named.v2_keys = there.v2_keys;
        named.separator = there.separator;
        EXPECT_THAT(text, HasSubstr(named.chunk_key(std::vector<int64_t>{0, 0, 0})));
      }
}

TEST(ChunkLookup, PrintsTheLineOfMetadataThatHelps) {
  TempDir dir;
  json meta = write_v2(dir, kNested);
  meta["dimension_separator"] = ".";
  set_metadata(dir, meta);
  EXPECT_THAT(refusal(dir), HasSubstr(R"("dimension_separator": "/")"));
  TempDir other;
  meta = write_v3(other, kNested);
  set_metadata(other, meta);
  const std::string cure = refusal(other), key = "\"chunk_key_encoding\": ";
  ASSERT_THAT(cure, HasSubstr(key));
  const size_t from = cure.find(key) + key.size();
  meta["chunk_key_encoding"] = json::parse(cure.substr(from, cure.find("into", from) - from));
  set_metadata(other, meta);
  expect_right_pixels(*open(other));
}

TEST(ChunkLookup, RefusesFilesThatLookLikeChunksOfAnotherArray) {
  for (const char* name : {"0.0", "0.0.0.0", "C/0/0/0", "00.00.00", "0_0_0", "c/0/0", "C.0.0.0"}) {
    TempDir dir;
    json meta = write_v2(dir, kFlat);
    set_metadata(dir, meta);
    for (const auto& entry : std::filesystem::directory_iterator(dir / "a.zarr"))
      if (entry.path().filename() != ".zarray") std::filesystem::remove(entry.path());
    test::write_text(dir / "a.zarr" / name, std::string(24, 'a'));
    EXPECT_THAT(refusal(dir), HasSubstr(name));
  }
}

TEST(ChunkLookup, SaysThatNoChunkIsThere) {
  TempDir dir;
  set_metadata(dir,
               test::array_json(DType::u16, {3, 4, 5}, {1, 4, 3},
                                R"([{"name": "bytes", "configuration": {"endian": "little"}}])"));
  const auto source = open(dir);
  EXPECT_THAT(source->notices(), testing::ElementsAre(HasSubstr("No chunk of")));
  EXPECT_EQ(read_all(*source, 2).view().as<uint16_t>()[3], 7);
}

TEST(ChunkLookup, TakesAPartOfTheChunksAsItIs) {
  TempDir dir;
  set_metadata(dir, write_v2(dir, kFlat));
  std::filesystem::remove(dir / "a.zarr/0.0.0");
  std::filesystem::remove(dir / "a.zarr/2.0.1");
  EXPECT_TRUE(open(dir)->notices().empty());
}

TEST(ChunkLookup, RefusesChunksThatAreMissingWhereTheyBelongAndLieElsewhere) {
  TempDir dir;
  json meta = write_v2(dir, kFlat);
  meta["dimension_separator"] = ".";
  set_metadata(dir, meta);
  std::filesystem::create_directories(dir / "a.zarr/0/0");
  std::filesystem::copy(dir / "a.zarr/0.0.0", dir / "a.zarr/0/0/0");
  expect_right_pixels(*open(dir));  // an older copy of a chunk that is there
  std::filesystem::remove(dir / "a.zarr/0.0.0");
  EXPECT_THAT(refusal(dir), HasSubstr("0/0/0"));
}

TEST(ChunkLookup, DoesNotTakeEmptyFoldersForChunks) {
  TempDir dir;
  set_metadata(dir, write_v2(dir, kFlat));
  std::filesystem::create_directories(dir / "a.zarr/0/1");
  expect_right_pixels(*open(dir));
}

}  // namespace
}  // namespace parfocal
