// Labels and features of real recordings, beside what dcnum stored or computed for them.

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "parfocal/formats/hdf5/rtdc_source.h"
#include "parfocal/operators/conformance/golden.h"
#include "test_places.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::ElementsAre;
using Columns = std::map<std::string, std::vector<double>>;

const std::string kDcnum = std::string(PARFOCAL_SHARED_DIR) + "/data/dcnum/";
const std::string k2023 = kDcnum + "fmt-hdf5_cytoshot_full-features_2023/cytoshot-test-data.rtdc";
const std::string k2024 = kDcnum + "fmt-hdf5_cytoshot_full-features_2024/dcnum_thresh_example.rtdc";
const std::string kLegacy =
    kDcnum + "fmt-hdf5_cytoshot_full-features_legacy_allev_2023/cytoshot-test-data-legacy_dce.rtdc";
const std::string kExtended = kDcnum +
                              "fmt-hdf5_cytoshot_extended-moments-features/"
                              "fmt-hdf5_cytoshot_extended-moments-features.rtdc";

class DcnumFlow : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(k2023)) GTEST_SKIP() << "no recordings at " << kDcnum;
  }
};

Stream images_of(const std::string& path, const std::string& feature) {
  const RtdcSource source({path, feature, false}, {});
  Stream stream{image_port(source.layout()), {}};
  for (int64_t t = 0; t < source.layout().stream[0].size; ++t) {
    Item item;
    item.bytes.resize(static_cast<size_t>(source.layout().item_bytes()));
    const Status s = source.read(
        t, packed_view(item.bytes.data(), source.layout().dtype, source.layout().whole_item()),
        item.header);
    if (!s.ok()) throw std::runtime_error(s.issue().str());
    item.header.sequence = t;
    stream.items.push_back(std::move(item));
  }
  return stream;
}
Stream numbers_of(const std::vector<double>& values) {
  std::vector<std::vector<double>> items;
  for (const double v : values) items.push_back({v});
  return stream_of<double>(image_of(DType::f64, {{"t", static_cast<int64_t>(values.size())}}, {}),
                           items);
}
// Masks as labels: every event is label 1 of its own image.
Stream labels_of(const Stream& masks) {
  std::vector<std::vector<uint16_t>> items;
  for (const Item& item : masks.items) {
    items.emplace_back();
    for (const std::byte b : item.bytes) items.back().push_back(b != std::byte{0});
  }
  PortLayout port = masks.port;
  port.layout.dtype = DType::u16;
  return stream_of<uint16_t>(port, items);
}

std::vector<Stream> run(const std::string& op, const std::map<std::string, std::string>& params,
                        const std::vector<Stream>& inputs) {
  const OperatorInfo& info = *operators().find(op);
  RawValue raw = RawValue::map();
  for (const auto& [key, value] : params) raw.set(key, RawValue::scalar(value));
  std::vector<Issue> issues;
  const std::any parsed = info.params.parse(raw, op, issues);
  if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, issues);
  return run_node(info, parsed, inputs);
}

// All rows of all frames; `t` is the frame of each.
Columns rows_of(const Stream& table) {
  Columns all;
  const TableSchema& schema = table.port.table;
  for (size_t k = 0; k < table.items.size(); ++k) {
    const TableView view{&schema, table.items[k].bytes.data(), table.items[k].rows};
    for (int64_t r = 0; r < view.rows; ++r) {
      all["t"].push_back(static_cast<double>(k));
      for (int c = 1; c < static_cast<int>(schema.columns.size()); ++c)
        all[schema.columns[static_cast<size_t>(c)].name].push_back(view.column<double>(c)[r]);
    }
  }
  return all;
}

// Older files were written with other versions of dcnum and its parts: thin objects lose digits in
// the moments of inertia, f13 is the root of what may be a rounded zero.
double tolerance_of(const std::string& feature) {
  if (feature == "inert_ratio_prnc") return 5e-5;
  if (feature.starts_with("tex_f13")) return 1e-7;
  if (feature.starts_with("tex_")) return 1e-10;
  return 1e-8;
}

void expect_equal(const std::string& name, const std::vector<double>& got,
                  const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size()) << name;
  for (size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(expected[i])) {
      EXPECT_TRUE(std::isnan(got[i])) << name << " of event " << i;
      continue;
    }
    EXPECT_NEAR(got[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i])))
        << name << " of event " << i;
  }
}

// The features of the masks that a file stores, and how many of them the file has too.
Columns features_of_masks(const std::string& path, const Stream* images = nullptr) {
  const auto file = RtdcFile::open(path);
  std::vector<Stream> inputs{labels_of(images_of(path, "mask")),
                             images ? *images : images_of(path, "image"),
                             images ? *images : images_of(path, "image_bg")};
  if (file->has("bg_off")) inputs.push_back(numbers_of(file->scalar("bg_off")));
  return rows_of(run("flow_features", {{"min_pixels", "0"}}, inputs)[0]);
}
size_t expect_stored(const std::string& path, const Columns& got) {
  const auto file = RtdcFile::open(path);
  size_t compared = 0;
  for (const auto& [name, values] : got) {
    if (!file->has(name)) continue;
    expect_equal(name, values, file->scalar(name), tolerance_of(name));
    ++compared;
  }
  return compared;
}

TEST_F(DcnumFlow, FeaturesAreThoseThatRecordingsStore) {
  EXPECT_EQ(expect_stored(k2023, features_of_masks(k2023)), 42u);
  EXPECT_EQ(expect_stored(kLegacy, features_of_masks(kLegacy)), 42u);
  EXPECT_EQ(expect_stored(k2024, features_of_masks(k2024)), 48u);
}

TEST_F(DcnumFlow, ExtendedMomentsAreThoseStored) {
  const Stream masks = images_of(kExtended, "mask");
  EXPECT_EQ(expect_stored(kExtended, features_of_masks(kExtended, &masks)), 5u);
}

TEST_F(DcnumFlow, NumbersOfDcnumsTests) {
  const Columns got = features_of_masks(k2023);
  EXPECT_NEAR(got.at("bright_bc_avg")[1], -43.75497215592681, 1e-10);
  EXPECT_NEAR(got.at("tex_asm_avg")[1], 0.001514295993357114, 1e-14);
  // tests/test_feat_volume.py
  expect_equal("volume", got.at("volume"),
               {2.56756546e-01, 2.09837048e+02, 1.91567167e+02, 3.86136009e-01, 2.33808207e-01,
                5.91524031e-01, 6.63264261e-01, 2.74712082e+02, 1.99609918e+02, 2.57740837e+01,
                4.33438475e-01, 9.34117316e+01, 7.65374817e+01, 1.27440926e+01, 8.62865875e+01,
                2.14351136e+02, 4.50435063e+00, 1.84096969e+02, 2.32176623e-01, 2.29960786e+02,
                1.12255249e+02, 1.07491950e+02, 1.02322574e+02, 2.68966571e-01, 2.45648180e+02,
                9.09003162e-01, 1.01967418e+02, 9.74175326e+01, 1.09564687e+02, 2.39239370e-01,
                1.71917437e-01, 8.98323862e+01, 4.13412223e+00, 2.91659170e+02, 2.00198054e+02,
                1.97545320e+00, 9.15408837e+01, 1.60965362e-01, 3.48553309e-01, 2.04561447e+02},
               1e-8);
}

// Objects of a frame, without those of 10 pixels or fewer, are the masks of its events together.
TEST_F(DcnumFlow, SegmentsAsTheRecordingOf2024) {
  const auto file = RtdcFile::open(k2024);
  const Stream image = images_of(k2024, "image");
  const Stream labels =
      run("segment_below_background", {{"skip_repeats", "false"}},
          {image, images_of(k2024, "image_bg"), numbers_of(file->scalar("bg_off"))})[0];
  const std::vector<double> frame = file->scalar("frame");
  const Stream masks = images_of(k2024, "mask");
  for (size_t k = 0; k < frame.size(); ++k) {
    const auto found = pixels_of<uint16_t>(labels.items[k]);
    std::vector<int64_t> sizes(65536);
    for (const uint16_t label : found) ++sizes[label];
    std::vector<bool> got, expected(found.size());
    for (const uint16_t label : found) got.push_back(label != 0 && sizes[label] > 10);
    for (size_t other = 0; other < frame.size(); ++other)
      for (size_t i = 0; frame[other] == frame[k] && i < found.size(); ++i)
        if (masks.items[other].bytes[i] != std::byte{0}) expected[i] = true;
    EXPECT_EQ(got, expected) << "event " << k;
  }
}

double mean_of_first_rows(const Item& image, int64_t width) {
  const auto pixels = pixels_of<uint8_t>(image);
  return std::accumulate(pixels.begin(), pixels.begin() + 20 * width, 0.0) /
         static_cast<double>(20 * width);
}

// The recording of 2023 five times over, as dcnum's tests have it, with the one background that
// its sparse median gives: rank 100 of 200 frames is rank 20 of the 40.
struct FiveTimes {
  Stream image, background;
  std::vector<double> offset;

  FiveTimes() : image(images_of(k2023, "image")) {
    const int64_t width = image.port.layout.item[1].size;
    const Item median = median_of(image.items);
    std::vector<Item> frames;
    for (int k = 0; k < 5; ++k) frames.insert(frames.end(), image.items.begin(), image.items.end());
    image.items = std::move(frames);
    image.port.layout.stream[0].size = 200;
    background = image;
    for (Item& item : background.items) item.bytes = median.bytes;
    for (const Item& item : image.items)
      offset.push_back(mean_of_first_rows(item, width) - mean_of_first_rows(median, width));
  }
  static Item median_of(const std::vector<Item>& items) {
    Item median = items[0];
    std::vector<std::byte> values(items.size());
    for (size_t i = 0; i < median.bytes.size(); ++i) {
      for (size_t k = 0; k < items.size(); ++k) values[k] = items[k].bytes[i];
      std::nth_element(values.begin(), values.begin() + 20, values.end());
      median.bytes[i] = values[20];
    }
    return median;
  }
  std::vector<Stream> events(const std::string& open_radius, bool with_offset = true) const {
    const Stream offsets = numbers_of(with_offset ? offset : std::vector<double>(200));
    const Stream labels = run("segment_below_background", {{"open_radius", open_radius}},
                              {image, background, offsets})[0];
    return run("flow_features", {}, {labels, image, background, offsets});
  }
};

std::vector<std::map<std::string, double>> golden_rows(const std::string& name) {
  std::ifstream in(kDcnum + "golden/" + name);
  std::string comment;
  std::getline(in, comment);
  std::stringstream rest;
  rest << in.rdbuf();
  const auto path = std::filesystem::temp_directory_path() / ("parfocal-" + name);
  std::ofstream(path) << rest.str();
  return read_csv(path.string());
}

void expect_golden(const FiveTimes& five, const std::string& open_radius, size_t events) {
  const auto rows = golden_rows("pipeline_5x_clo" + open_radius + "_features.csv");
  const Columns got = rows_of(five.events(open_radius)[0]);
  ASSERT_EQ(rows.size(), events);
  for (const auto& [name, values] : got) {
    const std::string golden = name == "t" ? "basinmap0" : name;
    if (!rows[0].contains(golden)) continue;
    std::vector<double> expected;
    for (const auto& row : rows) expected.push_back(row.at(golden));
    // The same version of dcnum: only the order of additions differs.
    expect_equal(name, values, expected, 1e-12);
  }
}

TEST_F(DcnumFlow, EventsOfFiveTimesTheRecordingAreTheGoldenOnes) {
  const FiveTimes five;
  EXPECT_NEAR(five.offset[0], 0.991125, 1e-9);
  expect_golden(five, "2", 275);
  expect_golden(five, "0", 395);
}

TEST_F(DcnumFlow, CountsOfDcnumsTestsOfThePipeline) {
  const FiveTimes five;
  for (const bool with_offset : {true, false}) {
    const auto out = five.events("0", with_offset);
    const Columns got = rows_of(out[0]);
    EXPECT_EQ(got.at("t").size(), 395u);
    if (!with_offset) {
      EXPECT_EQ(pixels_of<int64_t>(out[1].items[0])[0], 2);
      EXPECT_NEAR(got.at("area_um")[3], 36.694151125, 0.5);
      EXPECT_NEAR(got.at("deform")[3], 0.29053587689, 1e-3);
      continue;
    }
    EXPECT_NEAR(got.at("area_um")[2], 36.694151125, 0.5);
    EXPECT_NEAR(got.at("deform")[2], 0.29053587689, 1e-3);
    std::vector<int64_t> events;
    for (size_t k = 0; k < 6; ++k) events.push_back(pixels_of<int64_t>(out[1].items[k])[0]);
    EXPECT_THAT(events, ElementsAre(1, 2, 2, 3, 3, 1));
  }
}

}  // namespace
}  // namespace parfocal
