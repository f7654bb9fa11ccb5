#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "parfocal/operators/conformance/golden.h"
#include "test_places.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Rows = std::vector<std::string>;

const nlohmann::json& golden() {
  static const nlohmann::json json = nlohmann::json::parse(
      std::ifstream(std::string(PARFOCAL_SOURCE_DIR) + "/tests/goldens/flow.json"));
  return json;
}

// The hash that make_flow.py draws images with.
int hash(uint64_t i) {
  uint64_t z = i + 0x9E3779B97F4A7C15;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return static_cast<int>((z ^ (z >> 31)) >> 56);
}

struct Size {
  int64_t width, height;
};
template <class T, class F>
Stream drawn(DType dtype, Size size, F&& f) {
  std::vector<T> pixels;
  for (int64_t y = 0; y < size.height; ++y)
    for (int64_t x = 0; x < size.width; ++x) pixels.push_back(static_cast<T>(f(x, y)));
  return stream_of<T>(image_of(dtype, {{"t", 1}}, {{"y", size.height}, {"x", size.width}}),
                      {pixels});
}
Stream offsets(std::vector<double> values) {
  std::vector<std::vector<double>> items;
  for (const double v : values) items.push_back({v});
  return stream_of<double>(image_of(DType::f64, {{"t", static_cast<int64_t>(values.size())}}, {}),
                           items);
}
Size size_of(const Rows& rows) {
  return {static_cast<int64_t>(rows[0].size()), static_cast<int64_t>(rows.size())};
}
// Labels as make_flow.py writes them.
int digit(char c) {
  const std::string digits = ".123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return static_cast<int>(digits.find(c));
}
Stream labels_of(const Rows& rows) {
  return drawn<uint16_t>(DType::u16, size_of(rows),
                         [&](int64_t x, int64_t y) { return digit(rows[y][x]); });
}
template <class T = uint8_t>
Stream object_image(Size size, int times = 1) {
  return drawn<T>(dtype_of<T>(), size, [&](int64_t x, int64_t y) {
    return times * (90 + hash(static_cast<uint64_t>(64 * y + x)) % 64);
  });
}
template <class T = uint8_t>
Stream object_background(Size size, int times = 1) {
  return drawn<T>(dtype_of<T>(), size,
                  [&](int64_t x, int64_t y) { return times * (120 + (x + 2 * y) % 5); });
}

// A table of one frame: every column as doubles.
std::map<std::string, std::vector<double>> columns(const Stream& table, size_t frame = 0) {
  const TableSchema& schema = table.port.table;
  const TableView view{&schema, table.items[frame].bytes.data(), table.items[frame].rows};
  std::map<std::string, std::vector<double>> all;
  for (size_t c = 0; c < schema.columns.size(); ++c)
    for (int64_t r = 0; r < view.rows; ++r)
      all[schema.columns[c].name].push_back(
          schema.columns[c].type == Column::Type::integer
              ? static_cast<double>(view.column<int64_t>(static_cast<int>(c))[r])
              : view.column<double>(static_cast<int>(c))[r]);
  return all;
}
int64_t number(const Stream& stream) { return pixels_of<int64_t>(stream.items[0])[0]; }

const std::string kFeaturesStep =
    "{op: flow_features, image: i, background: b, offset: o, pixel_size: 0.34 um, min_pixels: 0";

std::vector<Stream> measured(const Stream& labels, const std::string& more = "}") {
  const Size size{labels.port.layout.item[1].size, labels.port.layout.item[0].size};
  return run_step(kFeaturesStep + more,
                  {labels, object_image(size), object_background(size), offsets({-0.3795})});
}

// dcnum rounds the size to 8 decimals of a um before it computes.
TEST(FlowFeatures, AreComputedWithThePixelSizeThatIdentifiersName) {
  const Stream labels =
      labels_of({"........", ".11111..", ".111111.", ".111111.", "..1111..", "........"});
  const auto with = [&](const std::string& pixel_size) {
    std::string step = kFeaturesStep;
    step.replace(step.find("0.34 um"), 7, pixel_size);
    const Size size = {8, 6};
    return columns(run_step(
        step + "}", {labels, object_image(size), object_background(size), offsets({-0.3795})})[0]);
  };
  auto rounded = with("0.12345679 um"), given = with("0.123456789123 um"),
       in_nm = with("123.456789123 nm"), other = with("0.12345678 um");
  for (const char* name : {"area_um", "area_um_raw", "per_um_raw", "pos_x", "pos_y", "size_x",
                           "size_y", "volume", "deform", "bright_avg"}) {
    EXPECT_EQ(given[name], rounded[name]) << name;
    EXPECT_EQ(in_nm[name], rounded[name]) << name;
  }
  EXPECT_NE(other["area_um"], rounded["area_um"]);
}

// Half of a digit that dcnum may round otherwise: sums of floats in another order, and roots of
// what may be a rounded zero.
double tolerance_of(const std::string& feature, double expected) {
  if (feature.starts_with("tex_f13")) return 1e-7;
  if (feature.starts_with("tex_")) return 1e-11 * std::max(1.0, std::abs(expected));
  return 1e-13 * std::abs(expected);
}

void expect_features(const nlohmann::json& expected,
                     const std::map<std::string, std::vector<double>>& got) {
  ASSERT_EQ(got.size(), expected.size() + 1);  // and the label
  for (const auto& [name, value] : expected.items()) {
    ASSERT_TRUE(got.contains(name)) << name;
    const double number = got.at(name).at(0);
    if (value.is_null())
      EXPECT_TRUE(std::isnan(number)) << name << " is " << number;
    else
      EXPECT_NEAR(number, value.get<double>(), tolerance_of(name, value.get<double>())) << name;
  }
}

TEST(FlowFeatures, AreThoseOfDcnum) {
  for (const auto& object : golden().at("objects")) {
    SCOPED_TRACE(object.at("name").get<std::string>());
    const auto out = measured(labels_of(object.at("rows").get<Rows>()));
    const bool valid = !object.at("features").is_null();
    EXPECT_EQ(number(out[1]), valid ? 1 : 0);
    EXPECT_EQ(number(out[2]), valid ? 0 : 1);
    if (valid) expect_features(object.at("features"), columns(out[0]));
  }
}

TEST(FlowFeatures, KeepTheOrderOfLabelsAndPassOverSmallObjects) {
  const Stream in = labels_of({"33..111", "33..111", ".......", ".2.555.", "...555."});
  EXPECT_THAT(columns(measured(in)[0])["label"], ElementsAre(1, 3, 5));
  EXPECT_THAT(columns(measured(in, ", min_pixels: 4}")[0])["label"], ElementsAre(1, 5));
  EXPECT_THAT(columns(measured(in, ", min_pixels: 5}")[0])["label"], ElementsAre(1, 5));
  EXPECT_EQ(number(measured(in)[2]), 1);  // the pixel
}

TEST(FlowFeatures, OfGroupsSwitchedOffHaveNoColumn) {
  const Stream in = labels_of({"11", "11"});
  const auto names = [&](const std::string& more) {
    std::set<std::string> all;
    const std::vector<Stream> out = measured(in, more);
    for (const Column& c : out[0].port.table.columns) all.insert(c.name);
    return all;
  };
  EXPECT_EQ(names("}").size(), 49u);
  EXPECT_EQ(names(", haralick: false}").size(), 27u);
  EXPECT_EQ(names(", haralick: false, volume: false, brightness: false}").size(), 19u);
  EXPECT_FALSE(names(", brightness: false}").contains("bg_med"));
  EXPECT_TRUE(names(", brightness: false}").contains("tex_asm_avg"));
}

TEST(FlowFeatures, AreGatedByBoxes) {
  const Stream in = labels_of({"11.222.", "11.222.", "......."});
  const auto kept = [&](const std::string& gates) {
    return columns(measured(in, ", gates: [" + gates + "]}")[0])["label"];
  };
  EXPECT_THAT(kept("size_x >= 0.7"), ElementsAre(2));
  EXPECT_THAT(kept("size_x < 0.7"), ElementsAre(1));
  EXPECT_THAT(kept("aspect <= 1.0, aspect >= 1.0"), ElementsAre(1));
  EXPECT_THAT(kept("aspect > 1.0, tex_con_avg > 0"), ElementsAre(2));
  EXPECT_THAT(kept("volume > 1000000"), ElementsAre());
  EXPECT_THAT(kept("bright_avg > 0"), ElementsAre(1, 2));
}

Stream gates_stream(std::vector<std::string> names, std::vector<double> limits) {
  const auto count = static_cast<int64_t>(names.size());
  PortLayout port = image_of(DType::f64, {{"t", 1}}, {{"gate", count}, {"limit", 2}});
  port.layout.item[0].labels = std::move(names);
  return stream_of<double>(port, {std::move(limits)});
}

const std::string kGatedStep =
    "{op: flow_features, image: i, background: b, online_gates: g, pixel_size: 0.34 um";

TEST(FlowFeatures, AreGatedByWhatComesWithTheFrame) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const Stream in = labels_of({"111.2222.3", "111.2222.3", "111.2222.3"});
  const auto kept = [&](const Stream& gates, const std::string& more = "}") {
    const Size size{10, 3};
    return columns(run_step(kGatedStep + more, {in, object_image(size), object_background(size),
                                                offsets({-0.3795}), gates})[0])["label"];
  };
  const auto pixels = [&](double least) { return gates_stream({"pixels"}, {least, none}); };
  EXPECT_THAT(kept(pixels(none), ", min_pixels: 0}"), ElementsAre(1, 2)) << "size_x below 3 pixels";
  EXPECT_THAT(kept(pixels(none)), ElementsAre(2)) << "10 pixels where nothing is said";
  EXPECT_THAT(kept(pixels(5)), ElementsAre(1, 2));
  EXPECT_THAT(kept(pixels(5), ", min_pixels: 9}"), ElementsAre(2)) << "what the step says decides";
  EXPECT_THAT(kept(gates_stream({"pixels", "aspect"}, {5, none, none, 1.0})), ElementsAre(1));
  EXPECT_THAT(kept(gates_stream({"pixels", "aspect"}, {5, none, 1.1, none})), ElementsAre(2));
  EXPECT_THAT(kept(gates_stream({"pixels", "volume"}, {5, none, 1e6, none})), ElementsAre());
  EXPECT_THAT(kept(pixels(5), ", gates: [aspect > 1.1]}"), ElementsAre(2)) << "both kinds of gates";
}

TEST(FlowFeatures, AreOfLabelsThatOccurWhateverTheGateOfPixels) {
  const Stream in = labels_of({"111.3333", "111.3333", "111.3333"});
  const Size size{8, 3};
  const auto out = run_step(kGatedStep + "}", {in, object_image(size), object_background(size),
                                               no_stream(), gates_stream({"pixels"}, {-5, 0})});
  EXPECT_THAT(columns(out[0])["label"], ElementsAre(1, 3));
}

TEST(FlowFeatures, TakeGatesWithoutAnOffset) {
  const Stream in = labels_of({"111.2222", "111.2222", "111.2222"});
  const Size size{8, 3};
  const auto out = run_step(kGatedStep + "}", {in, object_image(size), object_background(size),
                                               no_stream(), gates_stream({"pixels"}, {10, 0})});
  EXPECT_THAT(columns(out[0])["label"], ElementsAre(2));
}

TEST(FlowFeatures, GatesSayWhatIsWrong) {
  const Stream in = labels_of({"11", "11"});
  const auto message = [&](const std::string& more) {
    try {
      measured(in, more);
    } catch (const std::exception& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message(", gates: [area_umm > 3]}"), HasSubstr("did you mean 'area_um'"));
  EXPECT_THAT(message(", gates: [area_um]}"), HasSubstr("'area_um >= 20'"));
  EXPECT_THAT(message(", gates: ['area_um > 3 um']}"), HasSubstr("'area_um >= 20'"));
  EXPECT_THAT(message(", gates: ['area_um,deform polygon points']}"),
              HasSubstr("polygon gates are not supported"));
  EXPECT_THAT(message(", gates: [volume > 3], volume: false}"), HasSubstr("switched off"));
  EXPECT_THAT(message(", max_objects: 0}"), HasSubstr("max_objects"));
}

TEST(FlowFeatures, FailWhereAFrameHasMoreEventsThanThereIsRoomFor) {
  const Stream in = labels_of({"11.22.33", "11.22.33"});
  EXPECT_EQ(number(measured(in, ", max_objects: 3}")[1]), 3);
  EXPECT_THROW(
      {
        try {
          measured(in, ", max_objects: 2}");
        } catch (const std::exception& e) {
          EXPECT_THAT(e.what(), HasSubstr("max_objects"));
          throw;
        }
      },
      std::runtime_error);
}

TEST(FlowFeatures, TakeThePixelSizeOfAxisX) {
  const Size size{2, 2};
  const auto out = run_step("{op: flow_features, image: i, background: b, min_pixels: 0}",
                            {labels_of({"11", "11"}), object_image(size), object_background(size)});
  EXPECT_THAT(columns(out[0])["size_x"], ElementsAre(1.0));  // 2 pixels of 0.5 um
  std::vector<PortLayout> in{out[0].port, object_image(size).port, object_background(size).port};
  in[0] = labels_of({"11", "11"}).port;
  in[0].layout.item[1].unit = "";
  EXPECT_THAT(message_of("{op: flow_features}", in), HasSubstr("pixel_size: 0.34 um"));
  EXPECT_THAT(message_of("{op: flow_features, pixel_size: 2 px}", in),
              HasSubstr("pixel_size: 0.34 um"));
  EXPECT_EQ(message_of("{op: flow_features, pixel_size: 340 nm}", in), "no error");
}

TEST(FlowFeatures, NeedImagesOfOneSizeAndType) {
  const PortLayout labels = labels_of({"11", "11"}).port;
  const PortLayout image = object_image({2, 2}).port, wide = object_image({3, 2}).port;
  const PortLayout deep = object_image<uint16_t>({2, 2}).port;
  EXPECT_THAT(message_of("{op: flow_features}", {labels, wide, image}),
              HasSubstr("differ in size"));
  EXPECT_THAT(message_of("{op: flow_features}", {labels, image, deep}),
              HasSubstr("differ in type"));
  EXPECT_THAT(message_of("{op: flow_features}", {labels, image, image, image}),
              HasSubstr("one number for a frame"));
}

// Brightness of 16 bits is that of 8 bits, scaled: nothing wraps or is cut.
TEST(FlowFeatures, MeasureImagesOf16Bits) {
  const auto& object = golden().at("objects")[5];
  const Rows rows = object.at("rows").get<Rows>();
  const Size size = size_of(rows);
  const Stream labels = labels_of(rows);
  const auto deep = columns(run_step(
      kFeaturesStep + "}", {labels, object_image<uint16_t>(size, 400),
                            object_background<uint16_t>(size, 400), offsets({-400 * 0.3795})})[0]);
  for (const char* name : {"bright_avg", "bright_sd", "bright_bc_avg", "bright_bc_sd",
                           "bright_perc_10", "bright_perc_90", "bg_med"}) {
    const double expected = 400 * object.at("features").at(name).get<double>();
    EXPECT_NEAR(deep.at(name)[0], expected, 1e-12 * std::abs(expected)) << name;
  }
  const auto same = columns(
      run_step(kFeaturesStep + "}", {labels, object_image<uint16_t>(size),
                                     object_background<uint16_t>(size), offsets({-0.3795})})[0]);
  expect_features(object.at("features"), same);
  EXPECT_TRUE(std::isfinite(deep.at("tex_asm_avg")[0]));
}

// dcnum's test of the texture: a ramp of 6 x 6 with a mask of 2 x 2, and one of 1 x 2.
TEST(FlowFeatures, TextureOfARamp) {
  const Size size{6, 6};
  const auto ramp = drawn<uint8_t>(DType::u8, size, [](int64_t x, int64_t y) { return 6 * y + x; });
  const auto zero = drawn<uint8_t>(DType::u8, size, [](int64_t, int64_t) { return 0; });
  const auto texture = [&](const Rows& rows) {
    return columns(run_step(kFeaturesStep + "}", {labels_of(rows), ramp, zero, offsets({0})})[0]);
  };
  EXPECT_DOUBLE_EQ(
      texture({"......", "......", "..11..", "..11..", "......", "......"})["tex_con_avg"][0],
      27.75);
  EXPECT_TRUE(std::isnan(
      texture({"......", ".11...", ".1....", "......", "......", "......"})["tex_con_avg"][0]));
}

Stream segmented(const nlohmann::json& s, const std::string& step) {
  const Rows rows = s.at("labels").get<Rows>();
  const uint64_t seed = s.at("seed");
  const auto image = drawn<uint8_t>(DType::u8, size_of(rows), [&](int64_t x, int64_t y) {
    const uint64_t from = 100000 * seed;
    const int block = hash(from + static_cast<uint64_t>(64 * (y / 5) + x / 6));
    return (block % 4 == 0 ? 104 : 118) + hash(5000 + from + static_cast<uint64_t>(64 * y + x)) % 4;
  });
  return run_step(
      step, {image, object_background(size_of(rows)), offsets({s.at("offset").get<double>()})})[0];
}

TEST(SegmentBelowBackground, GivesTheLabelsOfDcnum) {
  for (const auto& s : golden().at("segments")) {
    SCOPED_TRACE("seed " + s.at("seed").dump());
    const Stream got = segmented(
        s, "{op: segment_below_background, background: b, offset: o, threshold: " +
               s.at("threshold").dump() + ", clear_border: " + s.at("clear_border").dump() +
               ", fill_holes: " + s.at("fill_holes").dump() +
               ", open_radius: " + s.at("open_radius").dump() + "}");
    EXPECT_EQ(got.port.layout.dtype, DType::u16);
    EXPECT_EQ(pixels_of<uint16_t>(got.items[0]),
              pixels_of<uint16_t>(labels_of(s.at("labels").get<Rows>()).items[0]));
  }
}

// Three frames of which the second repeats the first.
std::vector<int> objects_of(const std::string& step, bool with_offset = true) {
  const std::vector<uint8_t> a(81, 100), dark{a};
  std::vector<uint8_t> cell = a;
  for (const size_t i : {30, 31, 32, 39, 40, 41, 48, 49, 50}) cell[i] = 50;
  std::vector<uint8_t> other = cell;
  other[0] = 99;
  const PortLayout port = image_of(DType::u8, {{"t", 4}}, {{"y", 9}, {"x", 9}});
  const Stream images = stream_of<uint8_t>(port, {cell, cell, other, cell});
  const Stream backgrounds = stream_of<uint8_t>(port, {a, a, a, a});
  std::vector<int> objects;
  std::vector<Stream> in{images, backgrounds};
  if (with_offset) in.push_back(offsets({0, 0, 0, 0}));
  const std::vector<Stream> out = run_step(step, in);
  for (const Item& item : out[0].items) {
    const auto pixels = pixels_of<uint16_t>(item);
    objects.push_back(*std::max_element(pixels.begin(), pixels.end()));
  }
  return objects;
}

TEST(SegmentBelowBackground, FindsNothingInAFrameThatRepeatsTheOneBefore) {
  const std::string step =
      "{op: segment_below_background, background: b, offset: o, open_radius: 1";
  EXPECT_THAT(objects_of(step + "}"), ElementsAre(1, 0, 1, 1));
  EXPECT_THAT(objects_of(step + ", skip_repeats: false}"), ElementsAre(1, 1, 1, 1));
}

TEST(Repeats, AFrameBehindAGapIsNone) {
  const PortLayout port = image_of(DType::u8, {{"t", 5}}, {{"y", 2}, {"x", 2}});
  const auto op = bind_step("{op: repeats}", {port});
  StreamRun run(dynamic_cast<const StreamOperator&>(*op), op->outputs()[0].layout.whole_item());
  for (const int64_t t : {0, 1, 2, 3, 4})
    run.push({t == 2 ? made_gap(port, t) : made_item(port, t, Content::constant, 1)});
  const Outcome result = run.finish();
  std::vector<int> repeated;
  for (const Item& item : result.ports[0])
    repeated.push_back(item.missing ? -1 : std::to_integer<int>(item.bytes[0]));
  EXPECT_THAT(repeated, ElementsAre(0, 1, -1, 0, 1));
}

TEST(SegmentBelowBackground, NeedsNoOffset) {
  const std::string step = "{op: segment_below_background, background: b, open_radius: 1";
  EXPECT_THAT(objects_of(step + "}", false), ElementsAre(1, 0, 1, 1));
  EXPECT_THAT(objects_of(step + ", skip_repeats: false}", false), ElementsAre(1, 1, 1, 1));
}

TEST(SegmentBelowBackground, SaysWhatIsWrong) {
  const Stream image = object_image({4, 3}), background = object_background({4, 3});
  const Stream wide = object_background({5, 3});
  const auto message = [](const std::string& more, const std::vector<Stream>& in) {
    try {
      run_step("{op: segment_below_background, background: b, offset: o" + more, in);
    } catch (const std::exception& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(message(", threshold: 6}", {image, background, offsets({0})}),
              HasSubstr("write threshold: -6"));
  EXPECT_THAT(message("}", {image, wide, offsets({0})}), HasSubstr("differ in size"));
  EXPECT_THAT(message("}", {image, background, background}), HasSubstr("one number"));
  EXPECT_THAT(message(", open_radius: -1}", {image, background, offsets({0})}),
              AllOf(HasSubstr("open_radius"), HasSubstr("0..50")));
  EXPECT_EQ(message("}", {image, background, offsets({0})}), "no error");
}

}  // namespace
}  // namespace parfocal
