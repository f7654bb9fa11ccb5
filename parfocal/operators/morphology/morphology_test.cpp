#include "parfocal/operators/morphology/morphology.h"

#include <gmock/gmock.h>

#include <numeric>

#include "parfocal/operators/conformance/golden.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kActions[] = {"erode", "dilate", "open", "close"};
constexpr const char* kFootprints[] = {"disk(0)",   "disk(3)",        "disk(1.1)",
                                       "square(4)", "rectangle(2x9)", "disk(12)"};

std::string step_of(const std::string& op, const std::string& footprint) {
  return "{op: " + op + ", footprint: '" + footprint + "'}";
}
template <class T>
std::vector<T> result_of(const std::string& op, const std::string& footprint, int64_t width,
                         std::vector<T> pixels) {
  const auto height = static_cast<int64_t>(pixels.size()) / width;
  const PortLayout port = image_of(dtype_of<T>(), {{"t", 1}}, {{"y", height}, {"x", width}});
  return pixels_of<T>(run_step(step_of(op, footprint), {stream_of<T>(port, {pixels})})[0].items[0]);
}

// The definition, pixel by pixel.
template <class T>
std::vector<T> plain(bool erodes, const FootprintSpec& spec, int64_t height, int64_t width,
                     const std::vector<T>& in) {
  const auto reflected = [](int64_t i, int64_t size) {
    while (i < 0 || i >= size) i = i < 0 ? -1 - i : 2 * size - 1 - i;
    return i;
  };
  std::vector<T> out;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      std::vector<T> seen;
      for (const kernels::Chord& c : spec.chords)
        for (int64_t k = c.begin; k < c.end; ++k) {
          const int64_t sign = erodes ? 1 : -1;
          seen.push_back(in[static_cast<size_t>(reflected(y + sign * c.row, height) * width +
                                                reflected(x + sign * k, width))]);
        }
      out.push_back(erodes ? *std::min_element(seen.begin(), seen.end())
                           : *std::max_element(seen.begin(), seen.end()));
    }
  return out;
}

FootprintSpec footprint(const std::string& text) {
  FootprintSpec spec;
  EXPECT_EQ(ParamTraits<FootprintSpec>::parse(RawValue::scalar(text), spec), std::nullopt);
  return spec;
}
std::string complaint(const std::string& text) {
  FootprintSpec spec;
  return ParamTraits<FootprintSpec>::parse(RawValue::scalar(text), spec).value_or("none");
}

TEST(FootprintSpec, ReadsWhatPeopleWrite) {
  EXPECT_EQ(footprint("disk(3)").chords.size(), 7U);
  EXPECT_EQ(footprint(" disk( 1.1 ) ").chords.size(), 2U);
  EXPECT_EQ(footprint("square(3)").chords.size(), 3U);
  EXPECT_EQ(footprint("rectangle(2, 9)").reach(), 4);
  EXPECT_EQ(footprint("rectangle(2x9)").chords.size(), 2U);
  EXPECT_EQ(footprint("disk(200)").reach(), 200);
}

TEST(FootprintSpec, SaysWhatItNeeds) {
  EXPECT_THAT(complaint("circle(3)"), HasSubstr("disk(radius)"));
  EXPECT_THAT(complaint(""), HasSubstr("disk(radius)"));
  EXPECT_THAT(complaint("disk()"), HasSubstr("disk(radius)"));
  EXPECT_THAT(complaint("disk(3"), HasSubstr("disk(radius)"));
  EXPECT_THAT(complaint("disk(3,4)"), HasSubstr("disk(radius)"));
  EXPECT_THAT(complaint("disk(201)"), HasSubstr("0..200"));
  EXPECT_THAT(complaint("disk(-1)"), HasSubstr("0..200"));
  EXPECT_THAT(complaint("disk(nan)"), HasSubstr("needs"));
  EXPECT_THAT(complaint("square(0)"), HasSubstr("1..401"));
  EXPECT_THAT(complaint("square(2.5)"), HasSubstr("1..401"));
  EXPECT_THAT(complaint("rectangle(3x1e9)"), HasSubstr("needs"));
}

TEST(Morphology, OfImagesIsTheDefinition) {
  Random random(3);
  for (const char* text : kFootprints) {
    SCOPED_TRACE(text);
    const FootprintSpec spec = footprint(text);
    for (const auto& [height, width] : {std::pair{1, 1}, {1, 7}, {5, 3}, {9, 17}}) {
      std::vector<uint16_t> image(static_cast<size_t>(height * width));
      for (uint16_t& pixel : image) pixel = static_cast<uint16_t>(random.next());
      const auto smallest = plain(true, spec, height, width, image);
      const auto largest = plain(false, spec, height, width, image);
      EXPECT_EQ(result_of("erode", text, width, image), smallest);
      EXPECT_EQ(result_of("dilate", text, width, image), largest);
      EXPECT_EQ(result_of("open", text, width, image), plain(false, spec, height, width, smallest));
      EXPECT_EQ(result_of("close", text, width, image), plain(true, spec, height, width, largest));
    }
  }
}

TEST(FillHoles, FillsWhatDoesNotReachTheEdge) {
  const std::vector<uint8_t> ring{0, 1, 1, 1, 0,  //
                                  1, 0, 1, 0, 1,  //
                                  1, 1, 1, 1, 1,  //
                                  0, 1, 0, 0, 0};
  const PortLayout port = image_of(DType::boolean, {{"t", 1}}, {{"y", 4}, {"x", 5}});
  EXPECT_THAT(pixels_of<uint8_t>(
                  run_step("{op: fill_holes}", {stream_of<uint8_t>(port, {ring})})[0].items[0]),
              ElementsAre(0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0));
}

TEST(Morphology, SpreadsNanOverTheFootprint) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const char* action : {"erode", "dilate"}) {
    const auto out = result_of<float>(action, "rectangle(1x3)", 5, {1, nan, 3, 4, 5});
    EXPECT_TRUE(std::isnan(out[0]) && std::isnan(out[1]) && std::isnan(out[2]));
    EXPECT_FALSE(std::isnan(out[3]) || std::isnan(out[4]));
  }
}

TEST(Morphology, KeepsObjectsAtTheBorderOfMasks) {
  std::vector<uint8_t> corner{1, 1, 0, 0,  //
                              1, 1, 0, 0,  //
                              0, 0, 0, 1};
  const PortLayout port = image_of(DType::boolean, {{"t", 1}}, {{"y", 3}, {"x", 4}});
  const auto out = run_step(step_of("open", "square(3)"), {stream_of<uint8_t>(port, {corner})});
  EXPECT_THAT(pixels_of<uint8_t>(out[0].items[0]), ElementsAre(1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0));
}

// Every tile alone gives the bytes of the whole.
void expect_tiles_fit(const MapOperator& op, const Item& image, int64_t rows, int64_t columns) {
  const Region whole = op.outputs()[0].layout.whole_item();
  const Outcome expected = run_map(op, {image}, whole);
  ASSERT_TRUE(expected.failure.empty() && expected.problems.empty());
  const View all = whole_view(op.outputs()[0], expected.ports[0][0]);
  const int y = whole.rank - 2;
  for (int64_t top = 0; top < whole.shape[static_cast<size_t>(y)]; top += rows)
    for (int64_t left = 0; left < whole.shape[static_cast<size_t>(y) + 1]; left += columns) {
      Region tile = whole;
      tile.origin[static_cast<size_t>(y)] = top;
      tile.shape[static_cast<size_t>(y)] = rows;
      tile.origin[static_cast<size_t>(y) + 1] = left;
      tile.shape[static_cast<size_t>(y) + 1] = columns;
      tile = clipped(tile, whole);
      const Outcome part = run_map(op, {image}, tile, 0x11);
      ASSERT_TRUE(part.problems.empty()) << part.problems[0];
      std::vector<std::byte> cut(part.ports[0][0].bytes.size());
      copy_pixels(all, packed_view(cut.data(), all.dtype, tile));
      ASSERT_EQ(part.ports[0][0].bytes, cut) << "tile at " << top << ", " << left;
    }
}

TEST(Morphology, IsTheSameInTiles) {
  for (const DType dtype : {DType::boolean, DType::u8, DType::f32})
    for (const char* action : kActions)
      for (const char* text : kFootprints) {
        SCOPED_TRACE(std::string(action) + " " + text + " " + std::string(dtype_name(dtype)));
        const PortLayout port = image_of(dtype, {{"t", 1}}, {{"z", 2}, {"y", 23}, {"x", 71}});
        const auto op = bind_step(step_of(action, text), {port});
        const auto& map = dynamic_cast<const MapOperator&>(*op);
        const Item image = made_item(port, 0, Content::random, 8);
        expect_tiles_fit(map, image, 5, 17);
        expect_tiles_fit(map, image, 1, 71);
      }
}

TEST(Morphology, ErodesRealImagesAsScikitImage) {
  if (!has_goldens()) GTEST_SKIP() << "no reference images at " << kGolden;
  for (const GoldenImage& golden : golden_images()) {
    SCOPED_TRACE(golden.name);
    const Stream image = read_tiff<uint8_t>(kCells + golden.path);
    const auto out =
        pixels_of<uint8_t>(run_step("{op: erode, footprint: disk(3)}", {image})[0].items[0]);
    const auto height = static_cast<size_t>(image.port.layout.item[0].size);
    const auto width = static_cast<size_t>(image.port.layout.item[1].size);
    const auto expected = [&](const char* key) {
      return golden_number(golden.name, {"erosion_disk3", key});
    };
    const double mean =
        std::accumulate(out.begin(), out.end(), 0.0) / static_cast<double>(out.size());
    EXPECT_NEAR(mean, expected("mean"), 1e-12 * mean);
    EXPECT_EQ(*std::min_element(out.begin(), out.end()), expected("min"));
    EXPECT_EQ(*std::max_element(out.begin(), out.end()), expected("max"));
    EXPECT_EQ(out.front(), expected("c00"));
    EXPECT_EQ(out[height / 2 * width + width / 2], expected("mid"));
    EXPECT_EQ(out.back(), expected("last"));
  }
}

}  // namespace
}  // namespace parfocal
