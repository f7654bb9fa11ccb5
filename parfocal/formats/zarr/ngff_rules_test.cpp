#include "parfocal/formats/zarr/ngff_rules.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "parfocal/formats/zarr/test_array-inl.h"

namespace parfocal {
namespace {

using nlohmann::json;
using test::TempDir;
using testing::HasSubstr;

json good() {
  return json::parse(R"({"multiscales": [{"version": "0.4", "name": "n", "type": "mean",
    "axes": [{"name": "t", "type": "time", "unit": "second"}, {"name": "c", "type": "channel"},
             {"name": "y", "type": "space"}, {"name": "x", "type": "space"}],
    "datasets": [{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 1, 1]}]},
                 {"path": "1", "coordinateTransformations": [{"type": "scale", "scale": [1, 1, 2, 2]},
                    {"type": "translation", "translation": [0, 0, 0.5, 0.5]}]}]}],
    "omero": {"channels": [{"color": "00FF00", "window": {"start": 0, "end": 1, "min": 0, "max": 9}}]},
    "image-label": {"version": "0.4", "colors": [{"label-value": 1, "rgba": [255, 0, 0, 255]}],
                    "properties": [{"label-value": 1, "class": "a"}]},
    "plate": {"version": "0.4", "name": "p", "rows": [{"name": "A"}, {"name": "B"}],
      "columns": [{"name": "1"}], "wells": [{"path": "B/1", "rowIndex": 1, "columnIndex": 0}],
      "acquisitions": [{"id": 0, "name": "a", "maximumfieldcount": 1, "starttime": 5}]},
    "well": {"version": "0.4", "images": [{"path": "0", "acquisition": 0}]}})");
}

// All MUST findings after setting a value, one a line; as 0.4, and wrapped as 0.5.
std::string broken(const std::string& pointer, const json& value, int zarr_format) {
  json meta = good();
  if (!pointer.empty()) meta[json::json_pointer(pointer)] = value;
  if (zarr_format == 3) {
    for (const char* place : {"/multiscales/0", "/plate", "/well", "/image-label"})
      if (meta.contains(json::json_pointer(place)))
        meta[json::json_pointer(place)].erase("version");
    meta["version"] = "0.5";
    meta = {{"attributes", {{"ome", meta}}}};
  }
  std::string text;
  for (const NgffFinding& finding : check_ngff(meta.dump(), zarr_format))
    if (finding.must) text += finding.where + ": " + finding.what + "\n";
  return text;
}

TEST(NgffRules, FindsNothingInGoodMetadata) {
  EXPECT_EQ(broken("", {}, 2), "");
  EXPECT_EQ(broken("", {}, 3), "");
  EXPECT_TRUE(check_ngff(good().dump(), 2).empty());
}

TEST(NgffRules, NamesTheRuleThatIsBrokenAndItsPlace) {
  const struct {
    const char *pointer, *value, *rule;
  } cases[] = {
      {"/multiscales", "[]", "/multiscales: must be a list with at least one entry"},
      {"/multiscales/0/axes/0/name", "\"c\"", "/axes/1/name: is the name of two axes"},
      {"/multiscales/0/axes/0/name", "null", "/axes/0/name: must be a name"},
      {"/multiscales/0/axes/0/type", "1", "/axes/0/type: must be text"},
      {"/multiscales/0/axes/3/type", "\"time\"", "/axes: must have 2 or 3 axes of type space"},
      {"/multiscales/0/axes/1/type", "\"time\"", "at most one time"},
      {"/multiscales/0/axes/0/type", "\"space\"", "/axes: must be in the order"},
      {"/multiscales/0/axes", "[]", "/axes: must be 2 to 5 axes"},
      {"/multiscales/0/datasets", "[]", "/datasets: must be a list"},
      {"/multiscales/0/datasets/0/path", "\"../0\"", "/datasets/0/path: must be a path below"},
      {"/multiscales/0/datasets/0/path", "null", "/datasets/0/path: must be a path below"},
      {"/multiscales/0/datasets/0/coordinateTransformations", "null",
       "must have exactly one scale"},
      {"/multiscales/0/datasets/1/coordinateTransformations/1/type", "\"affine\"",
       "must be scale or translation"},
      {"/multiscales/0/datasets/1/coordinateTransformations/1",
       R"({"type": "scale", "scale": [1, 1, 1, 1]})", "must have exactly one scale"},
      {"/multiscales/0/datasets/0/coordinateTransformations/0/scale", "[\"a\", 1]",
       "must be numbers"},
      {"/multiscales/0/coordinateTransformations", "[]", "must have exactly one scale"},
      {"/omero/channels/0/color", "255", "must be text such as"},
      {"/omero/channels/0/window/end", "\"x\"", "/window/end: must be a number"},
      {"/image-label/colors", "[]", "/image-label/colors: must be a list"},
      {"/image-label/colors/0/rgba", "[1, 2, 3]", "must be four whole numbers"},
      {"/image-label/colors/0/rgba/0", "256", "must be four whole numbers"},
      {"/image-label/properties/0/label-value", "null", "must be a whole number"},
      {"/plate/rows/0/name", "\"A1!\"", "/plate/rows/0/name: must be letters and digits"},
      {"/plate/rows/0/name", "\"B\"", "is there twice"},
      {"/plate/wells", "[]", "/plate/wells: must be a list"},
      {"/plate/wells/0/path", "\"B\"", "must be the row's name, a slash"},
      {"/plate/wells/0/path", "\"B/1/2\"", "must be the row's name, a slash"},
      {"/plate/wells/0/rowIndex", "-1", "must be a whole number, at least 0"},
      {"/plate/acquisitions/0/id", "null", "must be a whole number"},
      {"/plate/acquisitions/0/maximumfieldcount", "0", "at least 1"},
      {"/plate/acquisitions/0/starttime", "0.5", "at least 0"},
      {"/plate/field_count", "0", "at least 1"},
      {"/well/images", "[]", "/well/images: must be a list"},
      {"/well/images/1", R"({"path": "0", "acquisition": 0})", "/well/images/1: is there twice"},
      {"/well/images/0/path", "\"a/b\"", "must be letters and digits"},
      {"/well/images/0/acquisition", "\"0\"", "must be a whole number"},
  };
  for (const auto& c : cases)
    for (const int format : {2, 3})
      EXPECT_THAT(broken(c.pointer, json::parse(c.value), format), HasSubstr(c.rule))
          << c.pointer << " " << format;
  EXPECT_THAT(broken("/plate/wells/0/rowIndex", 0, 3), HasSubstr("must be the index of B"));
  EXPECT_THAT(broken("/multiscales/0/version", "0.5", 2), HasSubstr("must be \"0.4\""));
  json wrong = {{"attributes", {{"ome", {{"version", "0.6"}, {"well", good()["well"]}}}}}};
  EXPECT_FALSE(check_ngff(wrong.dump(), 3).empty());
}

TEST(NgffRules, ComparesArraysAndLabelsWithTheImage) {
  const TempDir dir;
  const auto group = [&](const std::string& path, const json& ome) {
    test::write_text(
        dir / (path + "zarr.json"),
        json({{"zarr_format", 3}, {"node_type", "group"}, {"attributes", {{"ome", ome}}}}).dump());
  };
  const auto array = [&](const std::string& path, DType dtype, const json& names) {
    json meta = test::array_json(dtype, {4, 4}, {4, 4},
                                 R"([{"name": "bytes", "configuration": {"endian": "little"}}])");
    meta["dimension_names"] = names;
    test::write_text(dir / (path + "/zarr.json"), meta.dump());
  };
  json image = {{"version", "0.5"}, {"multiscales", good()["multiscales"]}};
  image["multiscales"][0]["axes"] =
      json::parse(R"([{"name": "y", "type": "space"}, {"name": "x", "type": "space"}])");
  image["multiscales"][0]["datasets"] = json::parse(
      R"([{"path": "0", "coordinateTransformations": [{"type": "scale", "scale": [1, 1]}]}])");
  json label = image;
  label["image-label"] = json::object();
  group("", image);
  group("labels/", {{"version", "0.5"}, {"labels", {"cells"}}});
  group("labels/cells/", label);
  array("0", DType::u16, {"y", "x"});
  array("labels/cells/0", DType::u8, {"y", "x"});
  const auto findings = [&] {
    std::string text;
    for (const auto& f : check_ngff(ZarrHierarchy(std::make_shared<LocalStore>(dir.path()))))
      if (f.must) text += f.where + ": " + f.what + "\n";
    return text;
  };
  EXPECT_EQ(findings(), "");
  array("labels/cells/0", DType::f32, {"y", "x"});
  EXPECT_THAT(findings(), HasSubstr("labels/cells/0: must have whole numbers"));
  array("0", DType::u16, {"x", "y"});
  EXPECT_THAT(findings(), HasSubstr("0: dimension_names must be the names of the axes"));
  std::filesystem::remove_all(dir / "labels/cells");
  EXPECT_THAT(findings(), HasSubstr("labels/cells: there is no Zarr array or group"));
}

}  // namespace
}  // namespace parfocal
