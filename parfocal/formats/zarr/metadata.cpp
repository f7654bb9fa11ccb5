#include "parfocal/formats/zarr/metadata.h"

#include "parfocal/formats/common/gaps_json-inl.h"
#include "parfocal/formats/zarr/writer/ngff_json-inl.h"

namespace parfocal {
namespace {

using ngff_json::Json;
using ngff_json::omero;
using ngff_json::text_of;

Json group(Json attributes) {
  return {{"zarr_format", 3}, {"node_type", "group"}, {"attributes", std::move(attributes)}};
}

Json multiscales(const std::string& name, const std::vector<Axis>& axes, bool label) {
  ImageSpec image;
  image.name = name;
  image.axes = axes;
  image.pooling = label ? Pooling::mode : Pooling::mean;
  return ngff_json::multiscales(image, 3);
}

Json record_json(const StoreRecord& record, DType dtype) {
  Json json = {{"version", 1},
               {"complete", record.complete},
               {"reason", record.reason},
               {"items", record.items},
               {"dtype", dtype_name(dtype)},
               {"gaps", gaps_json(*record.gaps)},
               {"gaps_not_listed", record.gaps->unlisted()}};
  if (!record.provenance_json.empty())
    json["provenance"] = ngff_json::provenance(record.provenance_json);
  return json;
}

}  // namespace

std::string array_json(const std::vector<Axis>& axes, const std::vector<int64_t>& shape,
                       const std::vector<int64_t>& chunk, DType dtype) {
  Json names = Json::array();
  for (const Axis& axis : axes) names.push_back(axis.name);
  const std::string_view type = dtype_name(dtype == DType::boolean ? DType::u8 : dtype);
  Json fill = 0;
  if (is_float(dtype)) fill = 0.0;
  const Json bytes = {{"name", "bytes"}, {"configuration", {{"endian", "little"}}}};
  return text_of(
      {{"zarr_format", 3},
       {"node_type", "array"},
       {"shape", shape},
       {"data_type", type},
       {"chunk_grid", {{"name", "regular"}, {"configuration", {{"chunk_shape", chunk}}}}},
       {"chunk_key_encoding", {{"name", "default"}, {"configuration", {{"separator", "/"}}}}},
       {"fill_value", fill},
       {"codecs", Json::array({bytes})},
       {"dimension_names", names},
       {"attributes", Json::object()}});
}

std::string image_json(const std::string& name, const std::vector<Axis>& axes, DType dtype,
                       const std::vector<ContrastWindow>& windows, const StoreRecord& record) {
  const Json ome = {{"version", "0.5"},
                    {"multiscales", multiscales(name, axes, false)},
                    {"omero", omero(axes, windows)}};
  return text_of(group({{"ome", ome}, {"parfocal", record_json(record, dtype)}}));
}

std::string label_json(const std::string& name, const std::vector<Axis>& axes, DType dtype,
                       const StoreRecord& record) {
  const Json ome = {{"version", "0.5"},
                    {"multiscales", multiscales(name, axes, true)},
                    {"image-label", {{"version", "0.5"}, {"source", {{"image", "../../"}}}}}};
  return text_of(group({{"ome", ome}, {"parfocal", record_json(record, dtype)}}));
}

std::string labels_json(const std::vector<std::string>& names) {
  return text_of(group({{"ome", {{"version", "0.5"}, {"labels", names}}}}));
}

}  // namespace parfocal
