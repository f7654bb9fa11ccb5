// The description as it lies in the store: one image a line, so that thousands of fields stay small
// and a person can still read it.

#include "parfocal/formats/zarr/codec_metadata-inl.h"
#include "parfocal/formats/zarr/json_reader-inl.h"
#include "parfocal/formats/zarr/writer/codec_json-inl.h"
#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {
namespace {

using namespace zarr_json;
using OrderedJson = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr const char* kPooling[] = {"mean", "mode", "nearest"};

std::string line_of(const OrderedJson& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

OrderedJson axis_json(const Axis& axis) {
  OrderedJson json = {{"name", axis.name}, {"size", axis.size}, {"scale", axis.scale}};
  if (axis.size == kUnbounded) json["size"] = nullptr;
  if (!axis.unit.empty()) json["unit"] = axis.unit;
  if (!axis.labels.empty()) json["labels"] = axis.labels;
  return json;
}

OrderedJson image_json(const ImageSpec& image) {
  OrderedJson axes = OrderedJson::array(), compressors = OrderedJson::array();
  for (const Axis& axis : image.axes) axes.push_back(axis_json(axis));
  for (const CodecSpec& codec : image.compressors) compressors.push_back(codec_json(codec));
  OrderedJson json = {{"path", image.path},
                      {"name", image.name},
                      {"axes", axes},
                      {"dtype", dtype_name(image.dtype)},
                      {"chunk", image.chunk},
                      {"shard", image.shard},
                      {"compressors", compressors},
                      {"levels", image.levels},
                      {"pooling", kPooling[static_cast<size_t>(image.pooling)]}};
  if (image.pool_z) json["pool_z"] = true;
  if (image.label) json["label"] = true;
  return json;
}

const Json& list_at(const Json& json, const char* key, size_t most) {
  static const Json none = Json::array();
  const Json& list = at(json, key);
  if (list.is_null()) return none;
  if (!list.is_array() || list.size() > most)
    bad(std::string(key) + " is no list", brief(list), "at most " + std::to_string(most));
  return list;
}
std::vector<std::string> texts_at(const Json& json, const char* key) {
  std::vector<std::string> texts;
  for (const Json& value : list_at(json, key, 10000)) {
    if (!value.is_string()) bad(std::string(key) + " is no list of names", brief(value));
    texts.push_back(value.get<std::string>());
  }
  return texts;
}

DType dtype_at(const Json& json) {
  const std::string name = text_at(json, "dtype");
  const auto dtype = parse_dtype(name);
  if (!dtype || dtype_name(*dtype) != name) bad("the dtype is unknown", brief(at(json, "dtype")));
  return *dtype;
}

Axis parse_axis(const Json& json) {
  Axis axis;
  axis.name = text_at(json, "name");
  const bool open = json.is_object() && json.contains("size") && at(json, "size").is_null();
  axis.size = open ? kUnbounded : whole_at(json, "size", 1, int64_t{1} << 40, 0);
  const Json& scale = at(json, "scale");
  axis.scale = scale.is_number() ? scale.get<double>() : 0;
  axis.unit = text_at(json, "unit");
  axis.labels = texts_at(json, "labels");
  return axis;
}

std::vector<CodecSpec> compressors_at(const Json& json, DType dtype) {
  const Json& list = list_at(json, "compressors", 8);
  return list.empty() ? std::vector<CodecSpec>() : parse_codecs(list, dtype);
}

ImageSpec parse_image(const Json& json) {
  ImageSpec image;
  image.path = text_at(json, "path");
  image.name = text_at(json, "name");
  for (const Json& axis : list_at(json, "axes", 5)) image.axes.push_back(parse_axis(axis));
  image.dtype = dtype_at(json);
  image.chunk = sizes(at(json, "chunk"), "chunk", 1);
  if (!list_at(json, "shard", 5).empty()) image.shard = sizes(at(json, "shard"), "shard", 1);
  image.compressors = compressors_at(json, image.dtype);
  image.levels = static_cast<int>(whole_at(json, "levels", 1, 64, 0));
  const std::string pooling = text_at(json, "pooling");
  size_t p = 0;
  while (p < std::size(kPooling) && pooling != kPooling[p]) ++p;
  if (p == std::size(kPooling)) bad("the pooling is unknown", brief(at(json, "pooling")));
  image.pooling = static_cast<Pooling>(p);
  image.pool_z = at(json, "pool_z") == true;
  image.label = at(json, "label") == true;
  return image;
}

StoreSpec parse_members(const Json& json) {
  StoreSpec spec;
  if (at(json, "parfocal_store") != kVersion)
    bad("the text describes no store of this version", brief(at(json, "parfocal_store")),
        R"("parfocal_store": 1)");
  spec.zarr_format = static_cast<int>(whole_at(json, "zarr_format", 2, 3, 0));
  for (const Json& image : list_at(json, "images", 20000))
    spec.images.push_back(parse_image(image));
  for (const Json& column : list_at(json, "columns", 1000))
    spec.columns.push_back({text_at(column, "name"), dtype_at(column), text_at(column, "unit")});
  const Json& plate = at(json, "plate");
  if (plate.is_object())
    spec.plate.push_back(
        {text_at(plate, "name"), texts_at(plate, "rows"), texts_at(plate, "columns")});
  spec.provenance_json = text_at(json, "provenance");
  spec.origin = text_at(json, "origin");
  return spec;
}

}  // namespace

std::string spec_json(const StoreSpec& spec) {
  std::string text = "{\"parfocal_store\": " + std::to_string(kVersion) +
                     ",\n\"zarr_format\": " + std::to_string(spec.zarr_format);
  OrderedJson columns = OrderedJson::array();
  for (const ColumnSpec& column : spec.columns)
    columns.push_back(
        {{"name", column.name}, {"dtype", dtype_name(column.dtype)}, {"unit", column.unit}});
  text += ",\n\"columns\": " + line_of(columns);
  for (const PlateSpec& plate : spec.plate)
    text += ",\n\"plate\": " +
            line_of({{"name", plate.name}, {"rows", plate.rows}, {"columns", plate.columns}});
  if (!spec.origin.empty()) text += ",\n\"origin\": " + line_of(spec.origin);
  text += ",\n\"provenance\": " + line_of(spec.provenance_json) + ",\n\"images\": [";
  for (const ImageSpec& image : spec.images)
    text += (text.ends_with("[") ? "\n" : ",\n") + line_of(image_json(image));
  return text + "]}\n";
}

StoreSpec parse_spec(std::string_view text) {
  StoreSpec spec = parse_members(parse_object(text));
  try {
    check_spec(spec);
  } catch (const Error& e) {
    throw Error(ErrorCode::input_missing, e.issues());
  }
  return spec;
}

}  // namespace parfocal
