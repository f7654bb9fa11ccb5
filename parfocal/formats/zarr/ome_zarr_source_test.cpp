#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/zarr/array_metadata.h"

namespace parfocal {
namespace {

using nlohmann::json;
using test::Image;
using test::make_layout;
using test::open_source;
using test::random_image;
using test::raw_map;
using test::read_all;
using test::TempDir;
using testing::HasSubstr;

// Writes `items` random frames, the second as a gap.
std::vector<Image> write_store(const TempDir& dir, const Layout& layout, int64_t items) {
  const auto sink =
      test::make_sink("ome_zarr", raw_map({{"path", "a.zarr"}}),
                      {{"from", "s", "out", {PortKind::image, layout, {}}}}, {dir.path(), "", {}});
  sink->open();
  const Gap gap{GapReason::broken, ""};
  std::vector<Image> images;
  for (int64_t k = 0; k < items; ++k) {
    images.push_back(random_image(layout.dtype, layout.whole_item(), static_cast<uint32_t>(k)));
    const FrameHeader header = test::header_of(layout, k);
    const Input in{&header, k == 1 ? &gap : nullptr, std::as_const(images.back()).view(), {}};
    EXPECT_TRUE(sink->write(std::span(&in, 1)).ok());
  }
  EXPECT_TRUE(sink->close({}).ok());
  return images;
}

TEST(OmeZarrSource, ReadsBackWhatTheSinkWrote) {
  for (const DType dtype :
       {DType::u8, DType::i16, DType::u32, DType::f32, DType::f64, DType::u64}) {
    TempDir dir;
    Layout layout = make_layout(dtype, {{"t", 2}, {"z", 2}}, {{"y", 37}, {"x", 1063}});
    layout.stream[0].scale = 30;
    layout.stream[0].unit = "s";
    layout.item[1].scale = 0.65;
    layout.item[1].unit = "um";
    const auto images = write_store(dir, layout, 4);
    const auto source = open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path());
    EXPECT_EQ(source->layout(), layout);
    EXPECT_EQ(source->block(), Region::whole({37, 1024}));
    EXPECT_EQ(read_all(*source, 3), images[3]);
    test::expect_regions_agree(*source, 2, 17, 310);
    const Image gap = read_all(*source, 1);
    EXPECT_TRUE(std::all_of(gap.pixels.begin(), gap.pixels.end(),
                            [](std::byte b) { return b == std::byte{0}; }));
  }
}

TEST(OmeZarrSource, ReadsOtherChunkShapesByteOrdersAndFillValues) {
  TempDir dir;
  write_store(dir, make_layout(DType::u16, {{"t", 3}}, {{"y", 4}, {"x", 5}}), 3);
  json meta = json::parse(test::read_text(dir / "a.zarr/0/zarr.json"));
  meta["chunk_grid"]["configuration"]["chunk_shape"] = {2, 3, 5};
  meta["codecs"][0]["configuration"]["endian"] = "big";
  meta["chunk_key_encoding"]["configuration"]["separator"] = ".";
  meta["fill_value"] = 770;
  test::write_text(dir / "a.zarr/0/zarr.json", meta.dump());
  std::string chunk;
  for (int i = 0; i < 30; ++i) chunk += {'\1', static_cast<char>(i)};
  test::write_text(dir / "a.zarr/0/c.0.0.0", chunk);
  const auto source = open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path());
  const Image frame = read_all(*source, 1);
  const auto* p = frame.view().as<uint16_t>();
  for (int i = 0; i < 15; ++i) EXPECT_EQ(p[i], 256 + 15 + i);
  for (int i = 15; i < 20; ++i) EXPECT_EQ(p[i], 770);
  test::expect_regions_agree(*source, 1, 2, 3);
  test::write_text(dir / "a.zarr/0/c.1.0.0", "short");
  EXPECT_THAT(test::read_failure(*source, 2), HasSubstr("has 5 bytes, a chunk has 60"));
}

std::string array_failure(const std::string& path, const json& value) {
  json meta = json::parse(R"({"zarr_format": 3, "node_type": "array", "shape": [2, 5, 7],
    "data_type": "uint16", "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1, 5, 7]}},
    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}}, "fill_value": 0,
    "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]})");
  if (!path.empty()) meta[json::json_pointer(path)] = value;
  try {
    parse_zarr_array(meta.dump());
    return "";
  } catch (const Error& e) {
    return e.what();
  }
}

TEST(ZarrMetadata, NamesWhatIsNotSupportedAndRefusesTheImpossible) {
  EXPECT_EQ(array_failure("", {}), "");
  EXPECT_THAT(array_failure("/codecs", json::parse(R"([{"name": "sharding_indexed"}])")),
              HasSubstr("codec 'sharding_indexed' is not supported"));
  EXPECT_THAT(array_failure("/codecs/1", json::parse(R"({"name": "zstd"})")),
              HasSubstr("codec 'zstd' is not supported"));
  EXPECT_THAT(array_failure("/shape", {2, 5}), HasSubstr("different numbers of axes"));
  EXPECT_THAT(array_failure("/shape", {1ll << 40, 1ll << 40, 7}), HasSubstr("too large"));
  EXPECT_THAT(array_failure("/shape", {-1, 5, 7}), HasSubstr("impossible size"));
  EXPECT_THAT(array_failure("/shape", {1.5, 5, 7}), HasSubstr("impossible size"));
  EXPECT_THAT(array_failure("/shape", "x"), HasSubstr("needs 2 to 6 numbers"));
  EXPECT_THAT(array_failure("/chunk_grid/configuration/chunk_shape", {0, 5, 7}),
              HasSubstr("impossible size"));
  EXPECT_THAT(array_failure("/chunk_grid/configuration/chunk_shape", {1 << 20, 1 << 20, 7}),
              HasSubstr("too large"));
  EXPECT_THAT(array_failure("/data_type", "complex64"), HasSubstr("data type is not supported"));
  EXPECT_THAT(array_failure("/fill_value", 70000), HasSubstr("does not fit"));
  EXPECT_THAT(array_failure("/fill_value", 1e300), HasSubstr("does not fit"));
  EXPECT_THAT(array_failure("/zarr_format", 2), HasSubstr("not a Zarr v3 array"));
  EXPECT_THROW(parse_zarr_array("{"), Error);
  EXPECT_THROW(parse_zarr_array(std::string(1 << 20, '[')), Error);
}

TEST(ZarrMetadata, KeepsDatasetsInsideTheStore) {
  for (const char* path : {"../0", "/etc", "", "0/../../1", "0//1"}) {
    const json group = {
        {"attributes",
         {{"ome",
           {{"multiscales", json::array({{{"axes", json::array({{{"name", "y"}}, {{"name", "x"}}})},
                                          {"datasets", json::array({{{"path", path}}})}}})}}}}}};
    EXPECT_THROW(parse_ngff_image(group.dump()), Error) << path;
  }
}

TEST(OmeZarrSource, SaysWhatIsMissing) {
  TempDir dir;
  try {
    open_source("ome_zarr", raw_map({{"path", "no.zarr"}}), dir.path());
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::input_missing);
    EXPECT_THAT(e.what(), HasSubstr("no.zarr/zarr.json"));
  }
}

}  // namespace
}  // namespace parfocal
