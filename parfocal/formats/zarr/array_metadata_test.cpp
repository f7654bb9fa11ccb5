#include "parfocal/formats/zarr/array_metadata.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>

#include "parfocal/formats/zarr/ngff_metadata.h"
#include "parfocal/formats/zarr/test_array-inl.h"

namespace parfocal {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kRaw = R"([{"name": "bytes", "configuration": {"endian": "little"}}])";

json plain_array(DType dtype = DType::u16) {
  return test::array_json(dtype, {2, 5, 7}, {1, 5, 7}, kRaw);
}
json v2_array() {
  return json::parse(R"({"zarr_format": 2, "shape": [2, 5, 7], "chunks": [1, 5, 7], "dtype": "<u2",
    "compressor": null, "fill_value": null, "order": "C", "filters": null})");
}
template <class Parse>
std::string failure(json meta, const std::string& path, const json& value, Parse&& parse) {
  if (!path.empty()) meta[json::json_pointer(path)] = value;
  try {
    parse(meta.dump());
    return "";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::input_missing);
    return e.what();
  }
}
std::string array_failure(const std::string& path, const json& value) {
  return failure(plain_array(), path, value, parse_zarr_array);
}
std::string v2_failure(const std::string& path, const json& value) {
  return failure(v2_array(), path, value, parse_zarr_v2_array);
}

TEST(ZarrMetadata, ReadsTheSpecificationsExample) {
  const ZarrArray array = parse_zarr_array(R"({"zarr_format":3,"node_type":"array",
    "shape":[100,512,512],"data_type":"uint16","dimension_names":["t",null,"x"],
    "chunk_grid":{"name":"regular","configuration":{"chunk_shape":[16,512,512]}},
    "chunk_key_encoding":{"name":"default","configuration":{"separator":"/"}},"fill_value":0,
    "codecs":[{"name":"sharding_indexed","configuration":{"chunk_shape":[1,256,256],
      "codecs":[{"name":"bytes","configuration":{"endian":"little"}},
        {"name":"blosc","configuration":{"cname":"lz4","clevel":1,"shuffle":"shuffle","typesize":2,"blocksize":0}}],
      "index_codecs":[{"name":"bytes","configuration":{"endian":"little"}},"crc32c"]}}],
    "attributes":{}, "later": {"must_understand": false, "name": "x"}})");
  EXPECT_THAT(array.shape, ElementsAre(100, 512, 512));
  EXPECT_THAT(array.inner_chunk(), ElementsAre(1, 256, 256));
  EXPECT_THAT(array.names, ElementsAre("t", "", "x"));
  EXPECT_TRUE(array.shard()->index_at_end);
  EXPECT_EQ(codecs_text(array.shard()->codecs), "bytes, blosc(lz4 1, shuffle)");
  const int64_t index[] = {3, 0, 1};
  EXPECT_EQ(array.chunk_key(index), "c/3/0/1");
}

TEST(ZarrMetadata, MakesChunkKeysOfBothEncodings) {
  json meta = plain_array();
  const int64_t index[] = {3, 0, 1};
  const auto key = [&] { return parse_zarr_array(meta.dump()).chunk_key(index); };
  meta["chunk_key_encoding"] = {{"name", "default"}, {"configuration", {{"separator", "."}}}};
  EXPECT_EQ(key(), "c.3.0.1");
  meta["chunk_key_encoding"] = "default";
  EXPECT_EQ(key(), "c/3/0/1");
  meta["chunk_key_encoding"] = {{"name", "v2"}};
  EXPECT_EQ(key(), "3.0.1");
  meta["chunk_key_encoding"] = {{"name", "v2"}, {"configuration", {{"separator", "/"}}}};
  EXPECT_EQ(key(), "3/0/1");
  EXPECT_EQ(parse_zarr_v2_array(v2_array().dump()).chunk_key(index), "3.0.1");
}

template <class T>
T fill_of(DType dtype, const json& value) {
  json meta = plain_array(dtype);
  meta["fill_value"] = value;
  const ZarrArray array = parse_zarr_array(meta.dump());
  T fill;
  std::memcpy(&fill, array.fill.data(), sizeof fill);
  return fill;
}

TEST(ZarrMetadata, ReadsEveryFormOfFillValue) {
  EXPECT_EQ(fill_of<uint64_t>(DType::u64, ~uint64_t{0}), ~uint64_t{0});
  EXPECT_EQ(fill_of<int64_t>(DType::i64, std::numeric_limits<int64_t>::min()),
            std::numeric_limits<int64_t>::min());
  EXPECT_EQ(fill_of<int8_t>(DType::i8, -128), -128);
  EXPECT_EQ(fill_of<uint16_t>(DType::u16, 3.0), 3);
  EXPECT_TRUE(fill_of<bool>(DType::boolean, true));
  EXPECT_EQ(fill_of<float>(DType::f32, 0.5), 0.5f);
  EXPECT_TRUE(std::isnan(fill_of<float>(DType::f32, "NaN")));
  EXPECT_EQ(fill_of<double>(DType::f64, "-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(fill_of<float>(DType::f32, "0x3f800000"), 1.0f);
  EXPECT_EQ(fill_of<double>(DType::f64, "0x3ff0000000000000"), 1.0);
  EXPECT_THAT(array_failure("/fill_value", 70000), HasSubstr("does not fit"));
  EXPECT_THAT(array_failure("/fill_value", 1e300), HasSubstr("does not fit"));
  EXPECT_THAT(array_failure("/fill_value", 0.5), HasSubstr("not a whole number"));
  EXPECT_THAT(array_failure("/fill_value", "0x0001"), HasSubstr("not a number"));
  EXPECT_THAT(array_failure("/fill_value", nullptr), HasSubstr("fill_value is missing"));
}

TEST(ZarrMetadata, NamesWhatIsNotSupportedAndRefusesTheImpossible) {
  EXPECT_EQ(array_failure("", {}), "");
  EXPECT_THAT(array_failure("/codecs/1", json::parse(R"({"name": "zfp"})")),
              HasSubstr("codec 'zfp' is not supported"));
  EXPECT_THAT(array_failure("/codecs", json::parse(R"([{"name": "sharding_indexed"}])")),
              HasSubstr("chunk_shape of the shards"));
  EXPECT_THAT(array_failure("/codecs", json::parse(R"([{"name": "gzip"}])")),
              HasSubstr("cannot stand"));
  EXPECT_THAT(array_failure("/codecs", json::parse(R"(["bytes"])")), HasSubstr("its endian"));
  EXPECT_THAT(array_failure("/codecs/1",
                            json::parse(R"({"name": "gzip", "configuration": {"level": 10}})")),
              HasSubstr("level has an impossible value"));
  EXPECT_THAT(
      array_failure("/codecs/1",
                    json::parse(R"({"name": "blosc", "configuration": {"cname": "../x"}})")),
      HasSubstr("unknown compressor"));
  EXPECT_THAT(array_failure("/shape", {2, 5}), HasSubstr("different numbers of axes"));
  EXPECT_THAT(array_failure("/shape", {1ll << 40, 1ll << 40, 7}), HasSubstr("too large"));
  EXPECT_THAT(array_failure("/shape", {-1, 5, 7}), HasSubstr("impossible size"));
  EXPECT_THAT(array_failure("/shape", {1.5, 5, 7}), HasSubstr("impossible size"));
  EXPECT_THAT(array_failure("/shape", "x"), HasSubstr("needs 1 to 6 numbers"));
  EXPECT_THAT(array_failure("/shape", {1, 1, 1, 1, 1, 1, 1}), HasSubstr("needs 1 to 6 numbers"));
  EXPECT_THAT(array_failure("/chunk_grid/configuration/chunk_shape", {0, 5, 7}),
              HasSubstr("impossible size"));
  EXPECT_THAT(array_failure("/chunk_grid/configuration/chunk_shape", {1 << 20, 1 << 20, 7}),
              HasSubstr("impossible size"));
  EXPECT_THAT(array_failure("/chunk_grid/name", "rectangular"), HasSubstr("chunk_grid"));
  EXPECT_THAT(array_failure("/data_type", "complex64"), HasSubstr("data type is not supported"));
  EXPECT_THAT(array_failure("/zarr_format", 2), HasSubstr("not a Zarr v3 array"));
  EXPECT_THAT(array_failure("/extra", 1), HasSubstr("not understood"));
  EXPECT_THAT(array_failure("/extra", json::parse(R"({"must_understand": true})")),
              HasSubstr("not understood"));
  EXPECT_THAT(array_failure("/dimension_names", {"x"}), HasSubstr("dimension_names"));
  EXPECT_THAT(array_failure("/storage_transformers", {"x"}), HasSubstr("storage_transformers"));
  EXPECT_THROW(parse_zarr_array("{"), Error);
  EXPECT_THROW(parse_zarr_array(std::string(1 << 20, '[')), Error);
}

TEST(ZarrMetadata, ReadsVersion2InTheTermsOfVersion3) {
  json meta = v2_array();
  const auto codecs = [&] { return codecs_text(parse_zarr_v2_array(meta.dump()).codecs); };
  EXPECT_EQ(codecs(), "bytes");
  meta["order"] = "F";
  meta["dtype"] = ">f4";
  meta["fill_value"] = "NaN";
  EXPECT_EQ(codecs(), "transpose(2 1 0), bytes(big)");
  meta["compressor"] =
      json::parse(R"({"id": "blosc", "cname": "zstd", "clevel": 3, "shuffle": 2, "blocksize": 0})");
  EXPECT_EQ(codecs(), "transpose(2 1 0), bytes(big), blosc(zstd 3, bitshuffle)");
  EXPECT_EQ(v2_failure("/dtype", "|u1"), "");
  EXPECT_EQ(v2_failure("/dtype", "|b1"), "");
  EXPECT_THAT(v2_failure("/dtype", "|u2"), HasSubstr("data type is not supported"));
  EXPECT_THAT(v2_failure("/dtype", json::parse(R"([["a", "<u2"]])")), HasSubstr("data type"));
  EXPECT_THAT(v2_failure("/filters", json::parse(R"([{"id": "delta"}])")), HasSubstr("filters"));
  EXPECT_THAT(v2_failure("/compressor", json::parse(R"({"id": "lzma"})")),
              HasSubstr("compressor 'lzma' is not supported"));
  EXPECT_THAT(v2_failure("/order", "A"), HasSubstr("order is unknown"));
  EXPECT_THAT(v2_failure("/dimension_separator", ".."), HasSubstr("dimension_separator"));
  EXPECT_THAT(v2_failure("/shape", {1ll << 40, 1ll << 40, 7}), HasSubstr("too large"));
}

json image(const json& multiscale) {
  return {
      {"attributes", {{"ome", {{"version", "0.5"}, {"multiscales", json::array({multiscale})}}}}}};
}

TEST(NgffMetadata, AppliesTheTransformationsOfTheDatasetThenOfTheImage) {
  const json multiscale = json::parse(
      R"({"name": "n", "axes": [{"name": "y", "type": "space", "unit": "micrometer"}, {"name": "x"}],
    "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [2, 3]}]},
      {"path": "a/1", "coordinateTransformations": [{"type": "scale", "scale": [4, 6]}, {"type": "translation", "translation": [1, 1.5]}]}],
    "coordinateTransformations": [{"type": "scale", "scale": [10, 10]}]})");
  const NgffGroup group = parse_ngff(image(multiscale).dump(), 3);
  EXPECT_EQ(group.version, "0.5");
  const NgffImage& found = group.image.value();
  EXPECT_EQ(found.axes[0].scale, 20);
  EXPECT_EQ(found.axes[0].unit, "um");
  EXPECT_EQ(found.axes_of(1)[1].scale, 60);
  EXPECT_THAT(found.levels[1].translation, ElementsAre(10, 15));
  EXPECT_EQ(found.levels[1].path, "a/1");
}

TEST(NgffMetadata, KeepsPathsInsideTheStore) {
  for (const char* path : {"../0", "/etc", "", "0/../../1", "0//1", "."}) {
    const json multiscale = {{"axes", json::array({{{"name", "y"}}, {{"name", "x"}}})},
                             {"datasets", json::array({{{"path", path}}})}};
    EXPECT_THROW(parse_ngff(image(multiscale).dump(), 3), Error) << path;
    const json labels = {{"labels", json::array({path})}};
    EXPECT_THROW(parse_ngff(labels.dump(), 2), Error) << path;
    const json plate = {{"plate", {{"wells", json::array({{{"path", path}}})}}}};
    EXPECT_THROW(parse_ngff(plate.dump(), 2), Error) << path;
  }
}

TEST(NgffMetadata, RefusesWrongTypesEverywhere) {
  const json good =
      json::parse(R"({"version": "0.4", "multiscales": [{"version": "0.4", "name": "n",
    "axes": [{"name": "y", "type": "space"}, {"name": "x"}], "datasets": [{"path": "0",
    "coordinateTransformations": [{"type": "scale", "scale": [2, 3]}]}]}], "omero": {"channels": [{"label": "a"}]},
    "plate": {"wells": [{"path": "A/1"}]}, "well": {"images": [{"path": "0"}]}, "labels": ["a"],
    "image-label": {}, "bioformats2raw.layout": 3})")
          .flatten();
  for (const auto& [pointer, old] : good.items())
    for (const json& value :
         {json(), json(-1), json("x"), json::array(), json::object(), json(1e300)}) {
      json changed = good.unflatten();
      for (json::json_pointer p(pointer); !p.empty(); p.pop_back()) {
        changed[p] = value;
        try {
          parse_ngff(changed.dump(), 2);  // must say yes or no, never fall over
        } catch (const Error&) {
        }
      }
    }
}

}  // namespace
}  // namespace parfocal
