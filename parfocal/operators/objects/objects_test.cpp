#include "parfocal/operators/objects/objects.h"

#include <gmock/gmock.h>

#include "parfocal/operators/conformance/golden.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <class T>
Stream frame(DType dtype, int64_t width, std::vector<T> pixels) {
  const auto height = static_cast<int64_t>(pixels.size()) / width;
  return stream_of<T>(image_of(dtype, {{"t", 1}}, {{"y", height}, {"x", width}}), {pixels});
}
Stream mask(int64_t width, std::vector<uint8_t> bits) {
  return frame<uint8_t>(DType::boolean, width, std::move(bits));
}
Stream labels(int64_t width, std::vector<uint32_t> pixels) {
  return frame<uint32_t>(DType::u32, width, std::move(pixels));
}

// A column of a one-frame table as doubles.
std::vector<double> column(const Stream& table, const std::string& name) {
  const TableSchema& schema = table.port.table;
  const TableView view{&schema, table.items[0].bytes.data(), table.items[0].rows};
  const int c = schema.find(name);
  if (c < 0) throw std::out_of_range("no column " + name);
  std::vector<double> values;
  for (int64_t r = 0; r < view.rows; ++r)
    values.push_back(schema.columns[static_cast<size_t>(c)].type == Column::Type::integer
                         ? static_cast<double>(view.column<int64_t>(c)[r])
                         : view.column<double>(c)[r]);
  return values;
}
std::vector<std::string> names_of(const Stream& table) {
  std::vector<std::string> names;
  for (const Column& c : table.port.table.columns) names.push_back(c.name);
  return names;
}
std::string failure_of(const std::string& step, const std::vector<Stream>& in) {
  try {
    run_step(step, in);
  } catch (const std::exception& e) {
    return e.what();
  }
  return "no error";
}

TEST(Label, NumbersObjectsInRasterOrder) {
  const Stream cross = mask(4, {0, 0, 1, 0,  //
                                1, 1, 0, 0,  //
                                0, 0, 0, 1});
  EXPECT_THAT(pixels_of<uint32_t>(run_step("{op: label}", {cross})[0].items[0]),
              ElementsAre(0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 2));
  EXPECT_THAT(pixels_of<uint32_t>(run_step("{op: label, connectivity: 4}", {cross})[0].items[0]),
              ElementsAre(0, 0, 1, 0, 2, 2, 0, 0, 0, 0, 0, 3));
}

TEST(Label, SaysWhatIsWrong) {
  const Stream three = mask(5, {1, 0, 1, 0, 1});
  const auto op = bind_step("{op: label, max_objects: 2}", {three.port});
  const Outcome outcome = map_whole(*op, {three.items[0]});
  EXPECT_THAT(outcome.failure, HasSubstr("max_objects"));
  EXPECT_EQ(failure_of("{op: label, max_objects: 3}", {three}), "no error");
  const PortLayout stack = image_of(DType::boolean, {{"t", 1}}, {{"z", 2}, {"y", 3}, {"x", 3}});
  EXPECT_THAT(message_of("{op: label}", {stack}), HasSubstr("make z a stream axis"));
  EXPECT_THAT(message_of("{op: label, connectivity: 6}", {three.port}), HasSubstr("4 or 8"));
}

TEST(RemoveSmall, KeepsObjectsOfAtLeastMinSize) {
  const std::vector<uint8_t> bits{1, 0, 1, 1, 0,  //
                                  0, 1, 0, 0, 0,  //
                                  0, 0, 0, 0, 1};
  const auto kept = [&](const std::string& params) {
    return pixels_of<uint8_t>(
        run_step("{op: remove_small, " + params + "}", {mask(5, bits)})[0].items[0]);
  };
  EXPECT_EQ(kept("min_size: 1"), bits);
  EXPECT_THAT(kept("min_size: 4"), ElementsAre(1, 0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(kept("min_size: 2, connectivity: 4"),
              ElementsAre(0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(RemoveSmall, NumbersLabelsThatStayAnew) {
  const std::vector<uint32_t> given{1, 2, 2, 5,  //
                                    0, 3, 5, 5};
  EXPECT_THAT(pixels_of<uint32_t>(
                  run_step("{op: remove_small, min_size: 2}", {labels(4, given)})[0].items[0]),
              ElementsAre(0, 1, 1, 2, 0, 0, 2, 2));
  const Stream narrow = frame<uint16_t>(DType::u16, 4, {1, 2, 2, 5, 0, 3, 5, 5});
  EXPECT_THAT(
      pixels_of<uint16_t>(run_step("{op: remove_small, min_size: 2}", {narrow})[0].items[0]),
      ElementsAre(0, 1, 1, 2, 0, 0, 2, 2));
  EXPECT_THAT(failure_of("{op: remove_small, min_size: 2, max_objects: 4}", {labels(4, given)}),
              HasSubstr("max_objects"));
}

TEST(ClearBorder, RemovesWhatTouchesTheEdge) {
  const Stream in = mask(5, {0, 0, 0, 0, 0,  //
                             0, 1, 0, 1, 1,  //
                             0, 0, 0, 0, 0,  //
                             0, 0, 1, 0, 0,  //
                             0, 0, 0, 0, 0});
  EXPECT_THAT(
      pixels_of<uint8_t>(run_step("{op: clear_border}", {in})[0].items[0]),
      ElementsAre(0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0));
  const Stream numbered = labels(3, {1, 0, 0,  //
                                     0, 7, 0,  // 2 to 6 do not occur
                                     0, 0, 0});
  EXPECT_THAT(pixels_of<uint32_t>(run_step("{op: clear_border}", {numbered})[0].items[0]),
              ElementsAre(0, 0, 0, 0, 1, 0, 0, 0, 0));
}

TEST(Objects, AFailureTellsTheNumberTheLimitAndTheCure) {
  const Status status = objects::too_many_objects("label", 70000, 65535);
  EXPECT_EQ(status.issue().given, "70000");
  EXPECT_EQ(status.issue().needed, "at most 65535");
  EXPECT_THAT(status.issue().cure, HasSubstr("max_objects: 70000"));
}

TEST(Count, IsTheNumberOfLabelsThatOccur) {
  const auto count = [](const Stream& in) {
    return pixels_of<int64_t>(run_step("{op: count}", {in})[0].items[0])[0];
  };
  EXPECT_EQ(count(labels(3, {0, 3, 1, 2, 2, 0})), 3);
  EXPECT_EQ(count(labels(3, {0, 0, 0})), 0);
  EXPECT_EQ(count(labels(4, {7, 0, 7, 65535})), 2);  // the others were filtered away
  EXPECT_EQ(count(labels(3, {64, 0, 128})), 2);
  EXPECT_THROW(count(labels(2, {1, 4294967295U})), std::runtime_error);  // an inverted label
}

TEST(Objects, LabelsOf16BitsAreCountedAndMeasuredAlike) {
  const Stream wide = labels(4, {0, 1, 1, 0, 3, 0, 1, 0});
  const Stream narrow = frame<uint16_t>(DType::u16, 4, {0, 1, 1, 0, 3, 0, 1, 0});
  const Stream image = frame<uint8_t>(DType::u8, 4, {9, 8, 7, 6, 5, 4, 3, 2});
  EXPECT_EQ(pixels_of<int64_t>(run_step("{op: count}", {narrow})[0].items[0])[0], 2);
  const std::string step =
      "{op: measure, intensity: i, properties: [area, centroid, intensity_sum]}";
  const Stream a = run_step(step, {wide, image})[0], b = run_step(step, {narrow, image})[0];
  for (const std::string& name : names_of(a)) EXPECT_EQ(column(a, name), column(b, name)) << name;
}

TEST(Measure, WritesScikitImagesPropertiesByAxis) {
  const Stream in = labels(4, {0, 1, 1, 0,  //
                               3, 0, 1, 0});
  const Stream table = run_step("{op: measure}", {in})[0];
  EXPECT_THAT(names_of(table), ElementsAre("label", "area", "area_um2", "bbox_min_y", "bbox_min_x",
                                           "bbox_max_y", "bbox_max_x", "centroid_y", "centroid_x",
                                           "centroid_y_um", "centroid_x_um"));
  EXPECT_THAT(column(table, "label"), ElementsAre(1, 3));
  EXPECT_THAT(column(table, "area"), ElementsAre(3, 1));
  EXPECT_THAT(column(table, "area_um2"), ElementsAre(0.75, 0.25));
  EXPECT_THAT(column(table, "bbox_min_y"), ElementsAre(0, 1));
  EXPECT_THAT(column(table, "bbox_min_x"), ElementsAre(1, 0));
  EXPECT_THAT(column(table, "bbox_max_y"), ElementsAre(2, 2));
  EXPECT_THAT(column(table, "bbox_max_x"), ElementsAre(3, 1));
  EXPECT_THAT(column(table, "centroid_y"), ElementsAre(1.0 / 3, 1));
  EXPECT_THAT(column(table, "centroid_x"), ElementsAre(5.0 / 3, 0));
  EXPECT_THAT(column(table, "centroid_x_um"), ElementsAre(5.0 / 6, 0));
  EXPECT_EQ(table.port.table.max_rows, 8);
  EXPECT_TRUE(table.port.layout.item.empty());
}

TEST(Measure, ConvertsToMicrometresOnlyWithTwoScales) {
  Stream in = labels(2, {1, 1});
  for (Axis& axis : in.port.layout.item) axis.unit = "nm";
  EXPECT_THAT(column(run_step("{op: measure}", {in})[0], "area_um2"),
              ElementsAre(::testing::DoubleEq(5e-7)));
  in.port.layout.item[0].unit = "";
  EXPECT_EQ(run_step("{op: measure}", {in})[0].port.table.find("area_um2"), -1);
  in.port.layout.item[0].unit = "s";
  EXPECT_EQ(run_step("{op: measure}", {in})[0].port.table.find("centroid_x_um"), -1);
}

TEST(Measure, KeepsTheOrderOfTheListAndLabelFirst) {
  const Stream in = labels(2, {1, 1});
  const std::string step =
      "{op: measure, properties: [centroid, label, intensity_max, area, centroid], intensity: i}";
  Stream image = frame<uint8_t>(DType::u8, 2, {1, 9});
  image.port.layout.item = in.port.layout.item;
  EXPECT_THAT(names_of(run_step(step, {in, image})[0]),
              ElementsAre("label", "centroid_y", "centroid_x", "centroid_y_um", "centroid_x_um",
                          "intensity_max", "area", "area_um2"));
}

template <class T>
void expect_intensities(std::vector<T> pixels) {
  const Stream in = labels(3, {1, 1, 2});
  const std::string step =
      "{op: measure, intensity: i, "
      "properties: [intensity_mean, intensity_min, intensity_max, intensity_sum]}";
  const Stream table = run_step(step, {in, frame<T>(dtype_of<T>(), 3, pixels)})[0];
  const auto a = static_cast<double>(pixels[0]), b = static_cast<double>(pixels[1]),
             c = static_cast<double>(pixels[2]);
  EXPECT_THAT(column(table, "intensity_mean"), ElementsAre((a + b) / 2, c));
  EXPECT_THAT(column(table, "intensity_min"), ElementsAre(std::min(a, b), c));
  EXPECT_THAT(column(table, "intensity_max"), ElementsAre(std::max(a, b), c));
  EXPECT_THAT(column(table, "intensity_sum"), ElementsAre(a + b, c));
}

TEST(Measure, TakesIntensitiesOfEveryDtype) {
  expect_intensities<uint8_t>({255, 254, 0});
  expect_intensities<uint16_t>({65535, 65534, 0});
  expect_intensities<int16_t>({-32768, -3, 32767});
  expect_intensities<uint32_t>({UINT32_MAX, UINT32_MAX - 1, 7});
  expect_intensities<float>({-1.5F, 2.25F, 1e30F});
  expect_intensities<double>({-1.5, 2.25, 1e300});
}

TEST(Measure, WritesNanWhereAnObjectIsNothingElse) {
  const std::string step = "{op: measure, intensity: i, properties: [intensity_min, area]}";
  const Stream table =
      run_step(step, {labels(2, {1, 2}), frame<float>(DType::f32, 2, {NAN, 3})})[0];
  EXPECT_THAT(column(table, "intensity_min"), ElementsAre(::testing::IsNan(), 3));
}

TEST(Measure, OfAnEmptyFrameHasNoRows) {
  EXPECT_EQ(run_step("{op: measure}", {labels(2, {0, 0, 0, 0})})[0].items[0].rows, 0);
}

TEST(Measure, SaysWhatIsWrong) {
  const Stream in = labels(2, {1, 9});
  EXPECT_THAT(failure_of("{op: measure, max_objects: 8}", {in}), HasSubstr("max_objects"));
  EXPECT_EQ(failure_of("{op: measure, max_objects: 9}", {in}), "no error");
  EXPECT_THAT(failure_of("{op: measure, properties: [intensity_mean]}", {in}),
              HasSubstr("add intensity: source"));
  EXPECT_THAT(failure_of("{op: measure, properties: [aera]}", {in}), HasSubstr("area"));
  EXPECT_THAT(
      message_of("{op: measure}", {image_of(DType::u32, {}, {{"z", 2}, {"y", 2}, {"x", 2}})}),
      HasSubstr("two axes"));
  EXPECT_THAT(message_of("{op: measure}", {in.port, image_of(DType::u8, {}, {{"y", 2}, {"x", 2}})}),
              HasSubstr("differ in size"));
}

// Within 1e-9 of the property's natural scale.
void expect_column(const Stream& table, const std::string& name,
                   const std::vector<std::map<std::string, double>>& rows,
                   const std::string& golden, double scale) {
  const std::vector<double> values = column(table, name);
  ASSERT_EQ(values.size(), rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const double expected = rows[i].at(golden);
    ASSERT_NEAR(values[i], expected, 1e-9 * std::max(std::abs(expected), scale))
        << name << " of row " << i;
  }
}

void expect_chain(const GoldenImage& golden) {
  const Stream image = read_tiff<uint8_t>(kCells + golden.path);
  const Stream found = run_step("{op: threshold}", {image})[0];
  const Stream clean = run_step("{op: open, footprint: disk(3)}", {found})[0];
  const Stream cells = run_step("{op: label}", {clean})[0];
  EXPECT_THAT(pixels_of<int64_t>(run_step("{op: count}", {cells})[0].items[0]),
              ElementsAre(golden.objects));
  const auto expected =
      pixels_of<uint16_t>(read_tiff<uint16_t>(kGolden + "labels_" + golden.name + ".tif").items[0]);
  EXPECT_EQ(pixels_of<uint32_t>(cells.items[0]),
            std::vector<uint32_t>(expected.begin(), expected.end()));
  const Stream table = run_step(
      "{op: measure, intensity: source, properties: [area, bbox, centroid, intensity_mean, "
      "intensity_min, intensity_max, intensity_sum]}",
      {cells, image})[0];
  const auto rows = read_csv(kGolden + "regionprops_" + golden.name + ".csv");
  const std::map<std::string, std::string> names = {{"label", "label"},
                                                    {"area", "area"},
                                                    {"bbox_min_y", "bbox-0"},
                                                    {"bbox_min_x", "bbox-1"},
                                                    {"bbox_max_y", "bbox-2"},
                                                    {"bbox_max_x", "bbox-3"},
                                                    {"centroid_y", "centroid-0"},
                                                    {"centroid_x", "centroid-1"},
                                                    {"intensity_mean", "intensity_mean"},
                                                    {"intensity_min", "intensity_min"},
                                                    {"intensity_max", "intensity_max"}};
  for (const auto& [ours, theirs] : names) expect_column(table, ours, rows, theirs, 1);
}

TEST(Objects, OfRealImagesAreScikitImages) {
  if (!has_goldens()) GTEST_SKIP() << "no reference images at " << kGolden;
  for (const GoldenImage& golden : golden_images()) {
    SCOPED_TRACE(golden.name);
    expect_chain(golden);
  }
}

}  // namespace
}  // namespace parfocal
