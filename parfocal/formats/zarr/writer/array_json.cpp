// The metadata of arrays: zarr.json of Zarr v3, .zarray of v2.

#include <memory>

#include "parfocal/formats/zarr/array_metadata.h"
#include "parfocal/formats/zarr/writer/array_json-inl.h"
#include "parfocal/formats/zarr/writer/codec_json-inl.h"

namespace parfocal {
namespace {

using Json = nlohmann::ordered_json;

Json fill_of(DType dtype) { return is_float(dtype) ? Json(0.0) : Json(0); }

// "<u2": byte order, kind, bytes.
std::string v2_dtype(DType dtype) {
  const char* const kind = dtype == DType::boolean    ? "b"
                           : is_float(dtype)          ? "f"
                           : is_signed_integer(dtype) ? "i"
                                                      : "u";
  const size_t bytes = dtype_size(dtype);
  return (bytes == 1 ? "|" : "<") + (kind + std::to_string(bytes));
}

Json v3_array(const ArraySpec& array, const std::vector<int64_t>& shape, const Json& attributes) {
  const std::vector<int64_t>& grid = array.sharded() ? array.shard : array.chunk;
  return {{"zarr_format", 3},
          {"node_type", "array"},
          {"shape", shape},
          {"data_type", dtype_name(array.dtype)},
          {"chunk_grid", {{"name", "regular"}, {"configuration", {{"chunk_shape", grid}}}}},
          {"chunk_key_encoding", {{"name", "default"}, {"configuration", {{"separator", "/"}}}}},
          {"fill_value", fill_of(array.dtype)},
          {"codecs", codecs_json(codecs_of(array))},
          {"dimension_names", array.names},
          {"attributes", attributes}};
}

Json v2_array(const ArraySpec& array, const std::vector<int64_t>& shape) {
  Json compressor;
  if (!array.compressors.empty()) compressor = v2_compressor_json(array.compressors[0]);
  return {{"zarr_format", 2},
          {"shape", shape},
          {"chunks", array.chunk},
          {"dtype", v2_dtype(array.dtype)},
          {"compressor", compressor},
          {"fill_value", fill_of(array.dtype)},
          {"order", "C"},
          {"filters", nullptr},
          {"dimension_separator", "/"}};
}

}  // namespace

std::vector<MetadataObject> array_metadata(int zarr_format, const ArraySpec& array,
                                           const std::vector<int64_t>& shape,
                                           const Json& attributes) {
  if (zarr_format == 3)
    return {{array.path + "/zarr.json", ngff_json::text_of(v3_array(array, shape, attributes))}};
  std::vector<MetadataObject> objects;
  if (!attributes.empty())
    objects.push_back({array.path + "/.zattrs", ngff_json::text_of(attributes)});
  objects.push_back({array.path + "/.zarray", ngff_json::text_of(v2_array(array, shape))});
  return objects;
}

std::vector<CodecSpec> codecs_of(const ArraySpec& array) {
  std::vector<CodecSpec> codecs = {bytes_codec()};
  codecs.insert(codecs.end(), array.compressors.begin(), array.compressors.end());
  if (!array.sharded()) return codecs;
  CodecSpec sharding;
  sharding.kind = CodecKind::sharding;
  // Readers in browsers know an index at the end only.
  sharding.shard = std::make_shared<ShardSpec>(
      ShardSpec{array.chunk, std::move(codecs), {bytes_codec(), crc32c_codec()}, true});
  return {sharding};
}

std::string chunk_key(int zarr_format, const std::vector<int64_t>& index) {
  ZarrArray array;  // as its reader finds the chunks
  array.v2_keys = zarr_format == 2;
  return array.chunk_key(index);
}

}  // namespace parfocal
