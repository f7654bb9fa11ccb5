#include "parfocal/formats/zarr/metadata.h"

#include <nlohmann/json.hpp>

#include "parfocal/core/operator_info.h"
#include "parfocal/core/units.h"

namespace parfocal {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& json) {
  // Names and reasons may hold bytes that are no UTF-8 (file names): replaced, not refused.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json group(Json attributes) {
  return {{"zarr_format", 3}, {"node_type", "group"}, {"attributes", std::move(attributes)}};
}

Json multiscales(const std::string& name, const std::vector<Axis>& axes) {
  Json list = Json::array(), scale = Json::array();
  for (const Axis& axis : axes) {
    Json entry = {{"name", axis.name},
                  {"type", axis.name == "t"   ? "time"
                           : axis.name == "c" ? "channel"
                                              : "space"}};
    const std::string unit = ngff_unit(axis.unit);
    if (!unit.empty() && axis.name != "c") entry["unit"] = unit;
    list.push_back(entry);
    scale.push_back(axis.scale);
  }
  const Json transform = {{"type", "scale"}, {"scale", scale}};
  const Json level = {{"path", "0"}, {"coordinateTransformations", Json::array({transform})}};
  return Json::array({{{"name", name}, {"axes", list}, {"datasets", Json::array({level})}}});
}

Json omero(const std::vector<Axis>& axes, const std::vector<ContrastWindow>& windows) {
  constexpr const char* colours[] = {"00FF00", "FF00FF", "00FFFF", "FFFF00", "FF0000", "0000FF"};
  const std::vector<std::string>* names = nullptr;
  for (const Axis& axis : axes)
    if (axis.name == "c" && !axis.labels.empty()) names = &axis.labels;
  Json channels = Json::array();
  for (size_t c = 0; c < windows.size(); ++c) {
    const ContrastWindow& w = windows[c];
    channels.push_back(
        {{"label", names && c < names->size() ? (*names)[c] : "channel " + std::to_string(c)},
         {"color", windows.size() == 1 ? "FFFFFF" : colours[c % std::size(colours)]},
         {"active", true},
         {"window", {{"start", w.start}, {"end", w.end}, {"min", w.min}, {"max", w.max}}}});
  }
  return {{"channels", channels}};
}

Json record_json(const StoreRecord& record, DType dtype) {
  Json gaps = Json::array();
  for (const GapRange& r : record.gaps->ranges())
    gaps.push_back({{"first", r.first},
                    {"last", r.last},
                    {"reason", gap_reason_name(r.reason)},
                    {"text", r.text}});
  Json json = {{"version", 1},
               {"complete", record.complete},
               {"reason", record.reason},
               {"items", record.items},
               {"dtype", dtype_name(dtype)},
               {"gaps", gaps},
               {"gaps_not_listed", record.gaps->unlisted()}};
  if (!record.provenance_json.empty()) {
    Json provenance = Json::parse(record.provenance_json, nullptr, false);
    json["provenance"] =
        provenance.is_discarded() ? Json(record.provenance_json) : std::move(provenance);
  }
  return json;
}

}  // namespace

std::vector<Axis> ngff_axes(const Layout& layout, const std::string& step) {
  std::vector<Axis> axes = layout.stream;
  axes.insert(axes.end(), layout.item.begin(), layout.item.end());
  const std::string order = "tczyx";
  size_t next = 0;
  bool good = layout.item.size() >= 2;
  for (const Axis& axis : axes) {
    const size_t at = axis.name.size() == 1 ? order.find(axis.name[0]) : order.npos;
    if (at == order.npos)
      fail_layout("OME-Zarr has no place for axis '" + axis.name + "'",
                  step + " gives " + layout.str(), "axes out of t c z y x",
                  "choose one step of it (op: select), fold over it (op: reduce), or rename it in "
                  "source.axes");
    good = good && at >= next;
    next = at + 1;
  }
  if (!good || axes.size() < 2 || axes.back().name != "x" || axes[axes.size() - 2].name != "y")
    fail_layout("OME-Zarr needs its axes in the order t c z y x", step + " gives " + layout.str(),
                "some of t c z, then y x inside the frame", "change the order in source.axes");
  return axes;
}

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
                    {"multiscales", multiscales(name, axes)},
                    {"omero", omero(axes, windows)}};
  return text_of(group({{"ome", ome}, {"parfocal", record_json(record, dtype)}}));
}

std::string label_json(const std::string& name, const std::vector<Axis>& axes, DType dtype,
                       const StoreRecord& record) {
  const Json ome = {{"version", "0.5"},
                    {"multiscales", multiscales(name, axes)},
                    {"image-label", {{"version", "0.5"}, {"source", {{"image", "../../"}}}}}};
  return text_of(group({{"ome", ome}, {"parfocal", record_json(record, dtype)}}));
}

std::string labels_json(const std::vector<std::string>& names) {
  return text_of(group({{"ome", {{"version", "0.5"}, {"labels", names}}}}));
}

}  // namespace parfocal
