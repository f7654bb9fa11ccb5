#include "parfocal/formats/zarr/array_metadata.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "parfocal/core/units.h"

namespace parfocal {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostAxes = kMaxRank;
constexpr int64_t kMostChunkBytes = int64_t{1} << 34;  // 16 GiB: no writer makes larger ones
constexpr int kMostDepth = 32;

[[noreturn]] void bad(const std::string& what, const std::string& given = "",
                      const std::string& cure = "") {
  throw Error(ErrorCode::input_missing, Issue{what, "", given, "", cure});
}

std::string brief(const Json& json) {
  std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= 120 ? text : text.substr(0, 120) + "...";
}

// Depth is bounded before parsing builds anything deep.
Json parse(std::string_view text) {
  if (text.size() > kMostMetadataBytes) bad("the metadata is larger than 16 MiB");
  bool deep = false;
  const auto watch = [&deep](int depth, Json::parse_event_t, Json&) {
    if (depth > kMostDepth) deep = true;
    return !deep;
  };
  Json json = Json::parse(text.begin(), text.end(), watch, false);
  if (deep) bad("the metadata is nested more than 32 deep");
  if (json.is_discarded() || !json.is_object()) bad("zarr.json is not a JSON object");
  return json;
}

// A null instead of an exception for what is absent or of another type.
const Json& at(const Json& json, const char* key) {
  static const Json none;
  if (!json.is_object()) return none;
  const auto it = json.find(key);
  return it == json.end() ? none : *it;
}

std::string text_at(const Json& json, const char* key) {
  const Json& value = at(json, key);
  return value.is_string() ? value.get<std::string>() : "";
}

std::vector<int64_t> sizes(const Json& json, const char* what, int64_t least) {
  if (!json.is_array() || json.size() < 2 || json.size() > kMostAxes)
    bad(std::string(what) + " needs 2 to 6 numbers", brief(json));
  std::vector<int64_t> result;
  for (const Json& value : json) {
    const bool whole = value.is_number_unsigned() || (value.is_number_integer() && value >= 0);
    if (!whole || value.get<uint64_t>() > uint64_t{1} << 40)
      bad(std::string(what) + " has an impossible size", brief(json));
    result.push_back(value.get<int64_t>());
    if (result.back() < least) bad(std::string(what) + " has an impossible size", brief(json));
  }
  return result;
}

// The product of the sizes times `bytes`; throws beyond `most`.
void check_product(const std::vector<int64_t>& values, int64_t bytes, int64_t most,
                   const char* what) {
  int64_t product = bytes;
  for (const int64_t value : values) {
    if (value > 0 && product > most / value) bad(std::string(what) + " is too large");
    product *= value;
  }
}

// "name" of an object {"name": ..., "configuration": ...} or the short form "name".
std::string extension_name(const Json& json) {
  return json.is_string() ? json.get<std::string>() : text_at(json, "name");
}

void read_codecs(const Json& codecs, ZarrArray& array) {
  if (!codecs.is_array()) bad("the array has no list of codecs", brief(codecs));
  bool bytes = false;
  for (const Json& codec : codecs) {
    const std::string name = extension_name(codec);
    if (name != "bytes" || bytes)
      bad("codec '" + name + "' is not supported", brief(codecs),
          "rewrite the array without compression and sharding (codec bytes only)");
    bytes = true;
    const std::string endian = text_at(at(codec, "configuration"), "endian");
    if (!endian.empty() && endian != "little" && endian != "big") bad("unknown endian", endian);
    if (endian.empty() && dtype_size(array.dtype) > 1) bad("codec bytes does not name its endian");
    array.big_endian = endian == "big";
  }
  if (!bytes) bad("the codecs lack 'bytes'", brief(codecs));
}

void read_fill(const Json& fill, ZarrArray& array) {
  array.fill.resize(dtype_size(array.dtype));
  dispatch(array.dtype, [&]<class T>() {
    T value{};
    if (fill.is_boolean()) {
      value = static_cast<T>(fill.get<bool>());
    } else if (std::is_floating_point_v<T> && fill.is_string()) {
      const std::string text = fill.get<std::string>();
      if (text != "NaN" && text != "Infinity" && text != "-Infinity")
        bad("fill_value is not supported", brief(fill));
      const double special = text == "NaN" ? std::nan("") : std::numeric_limits<double>::infinity();
      value = static_cast<T>(text[0] == '-' ? -special : special);
    } else if (!fill.is_number()) {
      bad("fill_value is not a number", brief(fill));
    } else if constexpr (std::is_floating_point_v<T>) {
      value = static_cast<T>(fill.get<double>());
    } else if constexpr (!std::is_same_v<T, bool>) {
      const double wide = fill.get<double>();
      if (!(wide >= static_cast<double>(std::numeric_limits<T>::lowest()) &&
            wide <= static_cast<double>(std::numeric_limits<T>::max())))
        bad("fill_value does not fit the data type", brief(fill));
      if (fill.is_number_float()) bad("fill_value is not a whole number", brief(fill));
      value = fill.is_number_unsigned() ? static_cast<T>(fill.get<uint64_t>())
                                        : static_cast<T>(fill.get<int64_t>());
    }
    std::memcpy(array.fill.data(), &value, sizeof value);
  });
}

void read_keys(const Json& encoding, ZarrArray& array) {
  const std::string name = extension_name(encoding);
  if (name != "default" && name != "v2")
    bad("chunk_key_encoding is not supported", brief(encoding));
  array.v2_keys = name == "v2";
  array.separator = array.v2_keys ? "." : "/";
  const Json& separator = at(at(encoding, "configuration"), "separator");
  if (separator.is_null()) return;
  if (separator != "/" && separator != ".") bad("unknown chunk key separator", brief(separator));
  array.separator = separator.get<std::string>();
}

}  // namespace

int64_t ZarrArray::chunk_bytes() const {
  int64_t bytes = static_cast<int64_t>(dtype_size(dtype));
  for (const int64_t side : chunk) bytes *= side;
  return bytes;
}

ZarrArray parse_zarr_array(std::string_view text) {
  const Json json = parse(text);
  ZarrArray array;
  if (at(json, "zarr_format") != 3 || at(json, "node_type") != "array")
    bad("not a Zarr v3 array", "", "convert the store to OME-Zarr 0.5");
  const std::string type = text_at(json, "data_type");
  const auto dtype = parse_dtype(type);
  if (!dtype || dtype_name(*dtype) != type)
    bad("data type is not supported", brief(at(json, "data_type")));
  array.dtype = *dtype;
  array.shape = sizes(at(json, "shape"), "shape", 0);
  const Json& grid = at(json, "chunk_grid");
  if (text_at(grid, "name") != "regular") bad("chunk_grid is not supported", brief(grid));
  array.chunk = sizes(at(at(grid, "configuration"), "chunk_shape"), "chunk_shape", 1);
  if (array.chunk.size() != array.shape.size())
    bad("chunk_shape and shape have different numbers of axes",
        brief(grid) + " for " + brief(at(json, "shape")));
  const int64_t pixel = static_cast<int64_t>(dtype_size(array.dtype));
  check_product(array.chunk, pixel, kMostChunkBytes, "chunk_shape");
  check_product(array.shape, pixel, std::numeric_limits<int64_t>::max() / 2, "shape");
  read_keys(at(json, "chunk_key_encoding"), array);
  read_codecs(at(json, "codecs"), array);
  read_fill(at(json, "fill_value"), array);
  const Json& transformers = at(json, "storage_transformers");
  if (!transformers.is_null() && !transformers.empty())
    bad("storage_transformers are not supported", brief(transformers));
  return array;
}

// The short name of an UDUNITS unit; "" if unknown.
static std::string short_unit(const std::string& name) {
  for (const char* unit : {"nm", "um", "mm", "m", "ns", "us", "ms", "s", "min", "h"})
    if (ngff_unit(unit) == name) return unit;
  return "";
}

static const Json& scale_of(const Json& dataset) {
  static const Json none;
  const Json& transforms = at(dataset, "coordinateTransformations");
  for (size_t i = 0; transforms.is_array() && i < transforms.size(); ++i)
    if (text_at(transforms[i], "type") == "scale") return at(transforms[i], "scale");
  return none;
}

NgffImage parse_ngff_image(std::string_view text) {
  const Json json = parse(text);
  const Json& ome = at(at(json, "attributes"), "ome");
  const Json& list = at(ome, "multiscales");
  if (!list.is_array() || list.empty())
    bad("not an OME-Zarr 0.5 image: attributes.ome.multiscales is missing", "",
        "give the folder of one image");
  const Json& axes = at(list[0], "axes");
  const Json& datasets = at(list[0], "datasets");
  if (!axes.is_array() || axes.size() < 2 || axes.size() > kMostAxes)
    bad("an image needs 2 to 6 axes", brief(axes));
  if (!datasets.is_array() || datasets.empty()) bad("an image needs a dataset", brief(datasets));
  NgffImage image;
  image.path = text_at(datasets[0], "path");
  // A path of folder names only: a store cannot point outside itself.
  for (size_t begin = 0; begin <= image.path.size();) {
    const size_t end = std::min(image.path.find('/', begin), image.path.size());
    const std::string part = image.path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos)
      bad("the path of the dataset is not a path in the store", brief(at(datasets[0], "path")));
    begin = end + 1;
  }
  const Json& scale = scale_of(datasets[0]);
  for (size_t a = 0; a < axes.size(); ++a) {
    Axis axis{text_at(axes[a], "name"), 0, 1, short_unit(text_at(axes[a], "unit")), {}};
    if (axis.name.empty()) bad("an axis has no name", brief(axes));
    for (const Axis& other : image.axes)
      if (other.name == axis.name) bad("two axes have one name", brief(axes));
    if (scale.is_array() && a < scale.size() && scale[a].is_number()) {
      axis.scale = scale[a].get<double>();
      if (!(axis.scale > 0) || !std::isfinite(axis.scale))
        bad("a scale is not positive", brief(scale));
    }
    image.axes.push_back(axis);
  }
  return image;
}

}  // namespace parfocal
