#include "parfocal/formats/zarr/array_metadata.h"

#include <algorithm>
#include <limits>

#include "parfocal/formats/zarr/codec_chain.h"
#include "parfocal/formats/zarr/codec_metadata-inl.h"

namespace parfocal {
namespace {

using namespace zarr_json;

constexpr const char* kTypes = "bool, int8 to int64, uint8 to uint64, float32, float64";

// The whole array in bytes must be a number that we can count with.
void check_shape(const ZarrArray& array) {
  int64_t bytes = static_cast<int64_t>(dtype_size(array.dtype));
  for (const int64_t size : array.shape) {
    if (size > 0 && bytes > std::numeric_limits<int64_t>::max() / 2 / size)
      bad("shape is too large", "", "at most 2^62 bytes");
    bytes *= std::max<int64_t>(size, 1);
  }
  if (array.chunk.size() != array.shape.size())
    bad("chunks and shape have different numbers of axes", std::to_string(array.chunk.size()),
        std::to_string(array.shape.size()));
}

// Shards that come after a shape of another rank, codecs in a wrong order: found when made ready.
void check_codecs(const ZarrArray& array) {
  CodecChain(array.codecs, array.dtype, array.chunk, array.fill);
}

// Whoever adds a member says whether readers may pass over it.
void check_members(const Json& json) {
  constexpr const char* known[] = {
      "zarr_format",         "node_type",  "shape",  "data_type",  "chunk_grid",
      "chunk_key_encoding",  "fill_value", "codecs", "attributes", "dimension_names",
      "storage_transformers"};
  for (const auto& [key, value] : json.items())
    if (std::find(std::begin(known), std::end(known), key) == std::end(known) &&
        at(value, "must_understand") != false)
      bad("the array has a member that is not understood", key.substr(0, 60),
          "members of Zarr v3, or ones that say \"must_understand\": false");
  const Json& transformers = at(json, "storage_transformers");
  if (!transformers.is_null() && !transformers.empty())
    bad("storage_transformers are not supported", brief(transformers));
  if (!json.contains("fill_value") || at(json, "fill_value").is_null())
    bad("fill_value is missing");
}

void read_keys(const Json& encoding, ZarrArray& array) {
  const std::string name = extension_name(encoding);
  if (name != "default" && name != "v2")
    bad("chunk_key_encoding is not supported", brief(encoding), "default or v2");
  array.v2_keys = name == "v2";
  array.separator = array.v2_keys ? "." : "/";
  const Json& separator = at(at(encoding, "configuration"), "separator");
  if (separator.is_null()) return;
  if (separator != "/" && separator != ".") bad("unknown chunk key separator", brief(separator));
  array.separator = separator.get<std::string>();
}

void read_names(const Json& names, ZarrArray& array) {
  if (names.is_null()) return;
  if (!names.is_array() || names.size() != array.shape.size())
    bad("dimension_names is not one name per axis", brief(names));
  for (const Json& name : names) {
    if (!name.is_string() && !name.is_null()) bad("a dimension name is no text", brief(names));
    array.names.push_back(name.is_string() ? name.get<std::string>() : "");
  }
}

DType v3_dtype(const Json& type) {
  const std::string name = extension_name(type);
  const auto dtype = parse_dtype(name);
  if (!dtype || dtype_name(*dtype) != name) bad("data type is not supported", brief(type), kTypes);
  return *dtype;
}

// "<u2": byte order, kind, bytes.
DType v2_dtype(const Json& type, bool& big_endian) {
  const std::string text = type.is_string() ? type.get<std::string>() : "";
  for (int i = 0; i < kDTypeCount && text.size() == 3; ++i) {
    const DType dtype = static_cast<DType>(i);
    const char kind = dtype == DType::boolean    ? 'b'
                      : is_float(dtype)          ? 'f'
                      : is_signed_integer(dtype) ? 'i'
                                                 : 'u';
    const bool order =
        text[0] == '<' || text[0] == '>' || (text[0] == '|' && dtype_size(dtype) == 1);
    big_endian = text[0] == '>';
    if (order && text[1] == kind && text[2] - '0' == static_cast<int>(dtype_size(dtype)))
      return dtype;
  }
  bad("data type is not supported", brief(type), std::string(kTypes) + ", such as \"<u2\"");
}

}  // namespace

int64_t ZarrArray::chunk_bytes() const {
  int64_t bytes = static_cast<int64_t>(dtype_size(dtype));
  for (const int64_t side : chunk) bytes *= side;
  return bytes;
}

std::string ZarrArray::chunk_key(std::span<const int64_t> index) const {
  std::string key = v2_keys ? "" : "c";
  for (const int64_t i : index) key += (key.empty() ? "" : separator) + std::to_string(i);
  return key;
}

const ShardSpec* ZarrArray::shard() const {
  for (const CodecSpec& codec : codecs)
    if (codec.kind == CodecKind::sharding) return codec.shard.get();
  return nullptr;
}

const std::vector<int64_t>& ZarrArray::inner_chunk() const {
  const bool alone = codecs.size() == 1 && codecs[0].kind == CodecKind::sharding;
  return alone ? codecs[0].shard->chunk : chunk;
}

ZarrArray parse_zarr_array(std::string_view text) {
  const Json json = parse_object(text);
  if (at(json, "zarr_format") != 3 || at(json, "node_type") != "array")
    bad("not a Zarr v3 array", "", R"("zarr_format": 3, "node_type": "array")");
  ZarrArray array;
  array.dtype = v3_dtype(at(json, "data_type"));
  array.shape = sizes(at(json, "shape"), "shape", 0);
  const Json& grid = at(json, "chunk_grid");
  if (extension_name(grid) != "regular") bad("chunk_grid is not supported", brief(grid), "regular");
  array.chunk = sizes(at(at(grid, "configuration"), "chunk_shape"), "chunk_shape", 1);
  check_shape(array);
  check_members(json);
  read_keys(at(json, "chunk_key_encoding"), array);
  read_names(at(json, "dimension_names"), array);
  array.fill = parse_fill_value(at(json, "fill_value"), array.dtype);
  array.codecs = parse_codecs(at(json, "codecs"), array.dtype);
  check_codecs(array);
  return array;
}

ZarrArray parse_zarr_v2_array(std::string_view text) {
  const Json json = parse_object(text);
  if (at(json, "zarr_format") != 2) bad("not a Zarr v2 array", "", R"("zarr_format": 2)");
  ZarrArray array;
  array.format = 2;
  bool big_endian = false;
  array.dtype = v2_dtype(at(json, "dtype"), big_endian);
  array.shape = sizes(at(json, "shape"), "shape", 0);
  array.chunk = sizes(at(json, "chunks"), "chunks", 1);
  check_shape(array);
  array.v2_keys = true;
  array.separator = ".";
  const Json& separator = at(json, "dimension_separator");
  if (separator != "/" && separator != "." && !separator.is_null())
    bad("unknown dimension_separator", brief(separator), "/ or .");
  array.separator_stated = !separator.is_null();
  if (separator == "/") array.separator = "/";
  array.fill = parse_fill_value(at(json, "fill_value"), array.dtype);
  array.codecs = parse_v2_codecs(json, array.shape.size(), big_endian, array.dtype);
  check_codecs(array);
  return array;
}

}  // namespace parfocal
