#include "parfocal/formats/zarr/ngff_metadata.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "parfocal/core/units.h"
#include "parfocal/formats/zarr/test_array-inl.h"

namespace parfocal {
namespace {

using nlohmann::json;
using test::open_source;
using test::raw_map;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

json axis(const std::string& name, const std::string& unit = "") {
  json entry = {{"name", name}, {"type", name == "t" ? "time" : name == "c" ? "channel" : "space"}};
  if (!unit.empty()) entry["unit"] = unit;
  return entry;
}
json scale_list(const json& values) {
  return json::array({{{"type", "scale"}, {"scale", values}}});
}
// An image of one level; `common`: transformations of the multiscale itself.
json image_json(const json& axes, const json& own, const json& common = nullptr) {
  json multiscale = {{"axes", axes}, {"datasets", {{{"path", "0"}}}}};
  if (!own.is_null()) multiscale["datasets"][0]["coordinateTransformations"] = own;
  if (!common.is_null()) multiscale["coordinateTransformations"] = common;
  return {{"version", "0.4"}, {"multiscales", {multiscale}}};
}
NgffImage parsed(const json& text) { return parse_ngff(text.dump(), 2).image.value(); }

struct UnitCase {
  const char* name;
  double meters_or_seconds;
};

void expect_unit(const UnitCase& unit, const std::string& axis_name, const char* base) {
  const NgffImage image = parsed(
      image_json({axis(axis_name, unit.name), axis("y"), axis("x")}, scale_list({2.5, 1, 1})));
  const Axis& found = image.axes[0];
  const auto factor = unit_factor(found.unit, base);
  ASSERT_TRUE(factor) << unit.name;
  const double expected = 2.5 * unit.meters_or_seconds;
  EXPECT_NEAR(found.scale * *factor / expected, 1, 1e-12) << unit.name;
  EXPECT_FALSE(ngff_unit(found.unit).empty()) << unit.name;
  EXPECT_THAT(image.notices, IsEmpty());
}

TEST(NgffUnits, EveryLengthOfTheSpecificationKeepsItsSize) {
  constexpr UnitCase units[] = {
      {"angstrom", 1e-10},   {"attometer", 1e-18},  {"centimeter", 1e-2},
      {"decimeter", 1e-1},   {"exameter", 1e18},    {"femtometer", 1e-15},
      {"foot", 0.3048},      {"gigameter", 1e9},    {"hectometer", 1e2},
      {"inch", 0.0254},      {"kilometer", 1e3},    {"megameter", 1e6},
      {"meter", 1},          {"micrometer", 1e-6},  {"mile", 1609.344},
      {"millimeter", 1e-3},  {"nanometer", 1e-9},   {"parsec", 3.085677581491367e16},
      {"petameter", 1e15},   {"picometer", 1e-12},  {"terameter", 1e12},
      {"yard", 0.9144},      {"yoctometer", 1e-24}, {"yottameter", 1e24},
      {"zeptometer", 1e-21}, {"zettameter", 1e21}};
  for (const UnitCase& unit : units) expect_unit(unit, "z", "m");
}

TEST(NgffUnits, EveryTimeOfTheSpecificationKeepsItsLength) {
  constexpr UnitCase units[] = {
      {"attosecond", 1e-18}, {"centisecond", 1e-2},  {"day", 86400},       {"decisecond", 1e-1},
      {"exasecond", 1e18},   {"femtosecond", 1e-15}, {"gigasecond", 1e9},  {"hectosecond", 1e2},
      {"hour", 3600},        {"kilosecond", 1e3},    {"megasecond", 1e6},  {"microsecond", 1e-6},
      {"millisecond", 1e-3}, {"minute", 60},         {"nanosecond", 1e-9}, {"petasecond", 1e15},
      {"picosecond", 1e-12}, {"second", 1},          {"terasecond", 1e12}, {"yoctosecond", 1e-24},
      {"yottasecond", 1e24}, {"zeptosecond", 1e-21}, {"zettasecond", 1e21}};
  for (const UnitCase& unit : units) expect_unit(unit, "t", "s");
}

TEST(NgffUnits, SpellingsOfOtherWritersAreUnderstood) {
  for (const char* micron : {"um", "µm", "\u03bcm", "Micrometer", "micrometers", "micron"})
    expect_unit({micron, 1e-6}, "z", "m");
  for (const char* second : {"s", "Second", "seconds", "sec"}) expect_unit({second, 1}, "t", "s");
}

TEST(NgffUnits, OneThatIsNotKnownIsNamed) {
  const NgffImage image =
      parsed(image_json({axis("y", "furlong"), axis("x", "nanometer")}, scale_list({2, 3})));
  EXPECT_EQ(image.axes[0].unit, "");
  EXPECT_EQ(image.axes[0].scale, 2);
  EXPECT_EQ(image.axes[1].unit, "nm");
  EXPECT_THAT(image.notices, ElementsAre(HasSubstr("furlong")));
}

TEST(NgffScales, ThoseOfImageAndLevelAreMultiplied) {
  const NgffImage image = parsed(
      image_json({axis("y", "inch"), axis("x", "um")}, scale_list({2, 3}), scale_list({10, 100})));
  EXPECT_EQ(image.axes[0].unit, "mm");
  EXPECT_DOUBLE_EQ(image.axes[0].scale, 508);
  EXPECT_DOUBLE_EQ(image.axes[1].scale, 300);
}

TEST(NgffScales, OnesThatDoNotFitTheAxesAreLeftOutAndNamed) {
  const json axes = {axis("c"), axis("z", "um"), axis("y", "um"), axis("x", "um")};
  const json full = {1., 2., 2., 2.};
  const json bad[] = {scale_list({1, .16, .16}),
                      scale_list({.16, .16}),
                      scale_list({1, 1, 1, .16, .16}),
                      scale_list({1, "a", .16, .16}),
                      scale_list(nullptr),
                      {{{"type", "translation"}, {"translation", {1, 2, 3}}}},
                      {{{"type", "affine"}, {"affine", {1, 2, 3, 4}}}},
                      {{{"type", "scale"}, {"path", "scales"}}}};
  for (const json& transforms : bad)
    for (const bool common : {false, true}) {
      const NgffImage image = parsed(common ? image_json(axes, scale_list(full), transforms)
                                            : image_json(axes, transforms, scale_list(full)));
      for (const Axis& a : image.axes) {
        EXPECT_EQ(a.unit, "") << transforms;
        EXPECT_EQ(a.scale, 1) << transforms;
      }
      EXPECT_THAT(image.notices_of(0), ElementsAre(HasSubstr("scale is not known")));
    }
  EXPECT_THAT(parsed(image_json(axes, scale_list(full))).notices_of(0), IsEmpty());
}

TEST(NgffScales, WhereAnImageLiesIsTold) {
  const auto of = [](const json& translation) {
    json transforms = scale_list({0.5, 2});
    transforms.push_back({{"type", "translation"}, {"translation", translation}});
    return parsed(image_json({axis("y", "cm"), axis("x")}, transforms)).notices_of(0);
  };
  EXPECT_THAT(of({0, 0}), IsEmpty());
  EXPECT_THAT(of({1.5, -3}), ElementsAre(HasSubstr("lies at y=15 mm x=-3: places are not kept")));
  EXPECT_THAT(of({0, 3}), ElementsAre(HasSubstr("lies at x=3:")));
}

TEST(NgffScales, UnitsWithoutAScaleSayNothing) {
  const NgffImage image = parsed(image_json({axis("y", "um"), axis("x", "um")}, nullptr));
  EXPECT_EQ(image.axes[0].unit, "");
  EXPECT_THAT(image.notices_of(0), ElementsAre(HasSubstr("no scale")));
  EXPECT_THAT(parsed(image_json({axis("y"), axis("x")}, nullptr)).notices_of(0), IsEmpty());
}

TEST(NgffImages, FurtherOnesOfAGroupAreNamed) {
  json text = image_json({axis("y"), axis("x")}, scale_list({1, 1}));
  text["multiscales"].push_back(text["multiscales"][0]);
  EXPECT_THAT(parsed(text).notices, ElementsAre(HasSubstr("2 multiscale images")));
}

// A store of 3 channels with these labels, written as others write it.
Layout layout_with(const TempDir& dir, const json& labels) {
  json text =
      image_json({axis("c"), axis("y", "angstrom"), axis("x", "inch")}, scale_list({1, 5, 2}));
  for (const json& label : labels)
    text["omero"]["channels"].push_back(label.is_null() ? json::object() : json{{"label", label}});
  test::write_text(dir / "a.zarr/.zgroup", R"({"zarr_format": 2})");
  test::write_text(dir / "a.zarr/.zattrs", text.dump());
  const std::string array =
      R"({"zarr_format": 2, "shape": [3, 2, 2], "chunks": [3, 2, 2], "dtype": "|u1",
          "compressor": null, "fill_value": 0, "filters": null, "order": "C"})";
  test::write_text(dir / "a.zarr/0/.zarray", array);
  test::write_text(dir / "a.zarr/0/0.0.0", std::string(12, 'a'));
  return open_source("ome_zarr", raw_map({{"path", "a.zarr"}}), dir.path())->layout();
}

TEST(NgffChannels, NamesOfEveryKindAreRead) {
  const std::pair<json, std::vector<std::string>> cases[] = {
      {{"DAPI", "GFP", "RFP"}, {"DAPI", "GFP", "RFP"}},
      {{"GFP", "GFP", "RFP"}, {"GFP", "GFP", "RFP"}},
      {{"", "GFP", ""}, {"", "GFP", ""}},
      {{"a"}, {"a", "", ""}},
      {{nullptr, "b"}, {"", "b", ""}},
      {{"a", "b", "c", "d"}, {"a", "b", "c"}},
      {{" ", "\"quoted\", <b>", "\u03b1"}, {" ", "\"quoted\", <b>", "\u03b1"}},
      {json::array(), {}}};
  for (const auto& [written, read] : cases) {
    TempDir dir;
    EXPECT_EQ(layout_with(dir, written).stream[0].labels, read) << written;
  }
}

TEST(NgffChannels, NamesAndUnitsComeBackAsTheyWereWritten) {
  TempDir dir;
  const Layout layout = layout_with(dir, {"GFP", "", "GFP"});
  EXPECT_EQ(layout.item[0].unit, "nm");
  EXPECT_DOUBLE_EQ(layout.item[0].scale, 0.5);
  EXPECT_EQ(layout.item[1].unit, "mm");
  EXPECT_DOUBLE_EQ(layout.item[1].scale, 50.8);
  const auto sink =
      test::make_sink("ome_zarr", raw_map({{"path", "b.zarr"}}),
                      {{"from", "s", "out", {PortKind::image, layout, {}}}}, {dir.path(), "", {}});
  sink->open();
  const test::Image image = test::random_image(DType::u8, layout.whole_item(), 1);
  for (int64_t k = 0; k < 3; ++k) {
    const FrameHeader header = test::header_of(layout, k);
    const Input in{&header, nullptr, image.view(), {}};
    ASSERT_TRUE(sink->write(std::span(&in, 1)).ok());
  }
  ASSERT_TRUE(sink->close({}).ok());
  EXPECT_EQ(open_source("ome_zarr", raw_map({{"path", "b.zarr"}}), dir.path())->layout(), layout);
}

// Only versions before 0.3 mean t c z y x where they say nothing.
TEST(NgffAxes, AreNotGuessedWhereTheVersionHasThem) {
  json image = image_json(nullptr, scale_list({1, 1, 1, 2, 3}));
  image["multiscales"][0].erase("axes");
  EXPECT_THROW((void)parsed(image), Error);
  image["version"] = "0.2";
  EXPECT_EQ(parsed(image).axes[0].name, "t");
  image.erase("version");
  EXPECT_EQ(parsed(image).axes[0].name, "t");
}

TEST(NgffAxes, AreThoseOfTheSystemThatTheImageIsPlacedIn) {
  json image = image_json(nullptr, scale_list({2, 3, 4, 5}), scale_list({9, 9, 9, 9}));
  json& multiscale = image["multiscales"][0];
  multiscale.erase("axes");
  image["version"] = "0.6";
  const json physical = {axis("z", "micrometer"), axis("t", "second"), axis("y", "micrometer"),
                         axis("x", "micrometer")};
  multiscale["coordinateSystems"] = {{{"name", "world"}, {"axes", {axis("t"), axis("z")}}},
                                     {{"name", "physical"}, {"axes", physical}}};
  multiscale["datasets"][0]["coordinateTransformations"][0]["output"] = "physical";
  const NgffImage read = parsed(image);
  ASSERT_EQ(read.axes.size(), 4u);
  EXPECT_EQ(read.axes[0], (Axis{"z", 0, 2, "um", {}}));
  EXPECT_EQ(read.axes[1], (Axis{"t", 0, 3, "s", {}}));
  EXPECT_EQ(read.axes[3], (Axis{"x", 0, 5, "um", {}}));
}

TEST(NgffMetadata, IsFoundWhereTheOtherVersionHasIt) {
  const json image = image_json({axis("z"), axis("y"), axis("x")}, scale_list({2, 3, 4}));
  const json in_v3 = {{"zarr_format", 3}, {"attributes", image}}, in_v2 = {{"ome", image}};
  for (const auto& group : {parse_ngff(in_v3.dump(), 3), parse_ngff(in_v2.dump(), 2)}) {
    ASSERT_TRUE(group.image);
    EXPECT_EQ(group.image->axes[0].name, "z");
    EXPECT_EQ(group.image->axes[0].scale, 2);
  }
}

TEST(NgffChannels, WavelengthsMayBeNumbers) {
  json image = image_json({axis("c"), axis("y"), axis("x")}, scale_list({1, 1, 1}));
  image["omero"]["channels"] = {{{"label", 488}}, {{"label", "C"}}};
  EXPECT_THAT(parsed(image).channels, ElementsAre("488", "C"));
}

}  // namespace
}  // namespace parfocal
