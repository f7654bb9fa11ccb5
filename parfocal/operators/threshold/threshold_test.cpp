#include <gmock/gmock.h>

#include "parfocal/kernels/gaussian.h"
#include "parfocal/operators/conformance/golden.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Result {
  std::vector<uint8_t> mask;
  std::vector<double> levels;
};
Result threshold(const std::string& step, const Stream& images) {
  const std::vector<Stream> out = run_step(step, {images});
  Result result;
  for (const Item& item : out[0].items)
    for (const uint8_t bit : pixels_of<uint8_t>(item)) result.mask.push_back(bit);
  for (const Item& item : out[1].items) result.levels.push_back(pixels_of<double>(item)[0]);
  EXPECT_EQ(out[1].port.layout.stream, images.port.layout.stream);
  return result;
}
template <class T>
Stream row(std::vector<T> pixels) {
  const auto width = static_cast<int64_t>(pixels.size());
  return stream_of<T>(image_of(dtype_of<T>(), {{"t", 1}}, {{"y", 1}, {"x", width}}), {pixels});
}
std::string problem(const std::string& step, DType dtype) {
  try {
    run_step(step, {{image_of(dtype, {{"t", 1}}, {{"y", 1}, {"x", 1}}), {Item{}}}});
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(Threshold, ComparesWithAValueTimesFactorPlusOffset) {
  const Stream image = row<uint8_t>({9, 10, 11, 12});
  const std::string value = "{op: threshold, method: value, value: 20, factor: 0.5, offset: 1";
  EXPECT_THAT(threshold(value + "}", image).mask, ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(threshold(value + ", compare: ge}", image).mask, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(threshold(value + ", foreground: dark}", image).mask, ElementsAre(1, 1, 1, 0));
  EXPECT_THAT(threshold(value + ", compare: ge, foreground: dark}", image).mask,
              ElementsAre(1, 1, 0, 0));
  EXPECT_THAT(threshold(value + "}", image).levels, ElementsAre(11));
}

TEST(Threshold, TakesEveryNumberDtypeByValue) {
  const std::string step = "{op: threshold, method: value, value: 1.5}";
  EXPECT_THAT(threshold(step, row<uint16_t>({1, 2, 65535})).mask, ElementsAre(0, 1, 1));
  EXPECT_THAT(threshold(step, row<uint32_t>({1, 2, UINT32_MAX})).mask, ElementsAre(0, 1, 1));
  EXPECT_THAT(threshold(step, row<int8_t>({-128, 1, 2})).mask, ElementsAre(0, 0, 1));
  EXPECT_THAT(threshold(step, row<int32_t>({INT32_MIN, 1, 2})).mask, ElementsAre(0, 0, 1));
  EXPECT_THAT(threshold(step, row<float>({1.5F, 1.75F, NAN})).mask, ElementsAre(0, 1, 0));
}

TEST(Threshold, LeavesNanInTheBackgroundOfDarkForegroundToo) {
  const Stream image = row<float>({1, NAN, 3});
  EXPECT_THAT(threshold("{op: threshold, method: value, value: 2, foreground: dark}", image).mask,
              ElementsAre(1, 0, 0));
  EXPECT_THAT(threshold("{op: threshold, foreground: dark}", row<float>({NAN, NAN})).mask,
              ElementsAre(0, 0));
}

TEST(Threshold, FindsTheLevelsOfTheReference) {
  EXPECT_THAT(threshold("{op: threshold}", row<uint8_t>({1, 2})).levels, ElementsAre(1));
  EXPECT_THAT(threshold("{op: threshold}", row<float>({0, 1})).levels, ElementsAre(0.001953125));
  EXPECT_THAT(threshold("{op: threshold}", row<double>({0, 1})).levels, ElementsAre(0.001953125));
}

TEST(Threshold, SeesSignedPixelsAsTheSameNumbersMoved) {
  EXPECT_THAT(threshold("{op: threshold}", row<int8_t>({-100, -99, 20, 21})).levels,
              ElementsAre(-99));
  EXPECT_THAT(threshold("{op: threshold}", row<int16_t>({-32768, -32767, 5, 6})).levels,
              ElementsAre(-32767));
  EXPECT_THAT(threshold("{op: threshold}", row<uint16_t>({0, 1, 32773, 32774})).levels,
              ElementsAre(1));
}

// A ramp is parted as well by the levels on either side of its middle: skimage takes 69 by
// rounding.
TEST(Threshold, OfSignedPixelsPartsEqualMaximaAsTheReference) {
  std::vector<int16_t> ramp;
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x) ramp.push_back(static_cast<int16_t>(x + y + 6));
  EXPECT_THAT(threshold("{op: threshold}", row<int16_t>(ramp)).levels, ElementsAre(69));
}

TEST(Threshold, GivesAConstantImageItsValueAndNoForeground) {
  for (const Result& r : {threshold("{op: threshold}", row<uint8_t>({7, 7, 7})),
                          threshold("{op: threshold}", row<int16_t>({7, 7, 7})),
                          threshold("{op: threshold}", row<float>({7, 7, 7})),
                          threshold("{op: threshold}", row<double>({7, NAN, 7}))}) {
    EXPECT_THAT(r.levels, ElementsAre(7));
    EXPECT_THAT(r.mask, ElementsAre(0, 0, 0));
  }
}

TEST(Threshold, AppliesFactorAndOffsetToTheLevelItReports) {
  EXPECT_THAT(threshold("{op: threshold, factor: 2, offset: -0.5}", row<uint8_t>({4, 8})).levels,
              ElementsAre(7.5));
}

TEST(Threshold, TakesOneLevelForAStackWhenAsked) {
  const PortLayout port = image_of(DType::u8, {{"t", 3}}, {{"y", 1}, {"x", 2}});
  const Stream images = stream_of<uint8_t>(port, {{0, 1}, {10, 11}, {200, 201}});
  const Result stack = threshold("{op: threshold, per: stack}", images);
  EXPECT_THAT(stack.levels, ElementsAre(11, 11, 11));
  EXPECT_THAT(stack.mask, ElementsAre(0, 0, 0, 0, 1, 1));
  EXPECT_THAT(threshold("{op: threshold}", images).mask, ElementsAre(0, 1, 0, 1, 0, 1));
}

TEST(Threshold, OfAFloatStackIsThatOfOneLargeImage) {
  std::vector<std::vector<float>> frames(3);
  std::vector<float> all;
  for (int i = 0; i < 300; ++i) {
    const float value = static_cast<float>(i % 7) + (i % 3 == 0 ? 40.25F : 0.5F);
    frames[static_cast<size_t>(i / 100)].push_back(value);
    all.push_back(value);
  }
  const Stream images =
      stream_of<float>(image_of(DType::f32, {{"t", 3}}, {{"y", 10}, {"x", 10}}), frames);
  const double level = threshold("{op: threshold}", row<float>(all)).levels[0];
  EXPECT_THAT(threshold("{op: threshold, per: stack}", images).levels,
              ElementsAre(level, level, level));
}

TEST(Threshold, IsTheSameForEveryOrderOfCombination) {
  const PortLayout port = image_of(DType::u16, {{"t", 2}}, {{"y", 4}, {"x", 5}});
  const auto op = bind_step("{op: level_from_counts, per: stack}", {port});
  const auto& fold = dynamic_cast<const FoldOperator&>(*op);
  const Region whole = port.layout.whole_item();
  Outcome together, apart;
  FoldState one(fold, whole, fold.state_bytes(whole), 1);
  FoldState first(fold, whole, fold.state_bytes(whole), 2);
  FoldState later(fold, whole, fold.state_bytes(whole), 3);
  for (int64_t i = 0; i < 2; ++i) {
    const Items items{made_item(port, i, Content::random, 5)};
    one.accumulate(items, whole, i, together);
    (i == 0 ? first : later).accumulate(items, whole, i, apart);
  }
  first.combine(later, apart);
  one.finalize({}, 0, together);
  first.finalize({}, 0, apart);
  EXPECT_TRUE(same(together, apart));
  EXPECT_TRUE(apart.problems.empty());
}

TEST(Threshold, SaysWhatIsWrong) {
  EXPECT_THAT(problem("{op: threshold}", DType::u32), HasSubstr("cast"));
  EXPECT_THAT(problem("{op: threshold}", DType::i32), HasSubstr("cast"));
  EXPECT_THAT(problem("{op: threshold, method: value}", DType::u8), HasSubstr("add e.g. value"));
  EXPECT_THAT(problem("{op: threshold, value: 3}", DType::u8), HasSubstr("method: value"));
  EXPECT_THROW(threshold("{op: threshold}", row<float>({1, INFINITY})), std::runtime_error);
  // The middle of their bins is beyond float32, as with scikit-image.
  EXPECT_THROW(threshold("{op: threshold}", row<float>({-3e38F, -2.9e38F, 2.9e38F, 3e38F})),
               std::runtime_error);
  EXPECT_THROW(threshold("{op: threshold}", row<float>({1, 3e38F})), std::runtime_error);
  EXPECT_NO_THROW(threshold("{op: threshold}", row<double>({-3e38, -2.9e38, 2.9e38, 3e38})));
  EXPECT_NO_THROW(threshold("{op: threshold}", row<float>({3e38F, 3e38F})));
}

TEST(Threshold, GivesScikitImagesLevelsOfRealImages) {
  if (!has_goldens()) GTEST_SKIP() << "no reference images at " << kGolden;
  std::vector<Stream> movie;
  for (const GoldenImage& golden : golden_images()) {
    SCOPED_TRACE(golden.name);
    const Stream image = read_tiff<uint8_t>(kCells + golden.path);
    EXPECT_THAT(threshold("{op: threshold}", image).levels, ElementsAre(golden.otsu));
    if (golden.name != "blobs") movie.push_back(image);
  }
  EXPECT_THAT(threshold("{op: threshold}", joined_in_time(movie)).levels, ElementsAre(28, 27, 28));
}

TEST(Threshold, GivesScikitImagesLevelsByEveryMethodOfRealImages) {
  if (!has_goldens()) GTEST_SKIP() << "no reference images at " << kGolden;
  for (const GoldenImage& golden : golden_images())
    for (const std::string method : {"li", "yen", "isodata", "triangle", "mean"}) {
      SCOPED_TRACE(golden.name + " by " + method);
      const double expected = golden_number(golden.name, {"thresholds", method});
      const std::vector<double> levels = threshold("{op: threshold, method: " + method + "}",
                                                   read_tiff<uint8_t>(kCells + golden.path))
                                             .levels;
      EXPECT_NEAR(levels[0], expected, 1e-12 * expected);
    }
}

// Two peaks, of which the smaller one is smeared out before the three others of noise are.
TEST(Threshold, ByMinimumIsBetweenTheTwoPeaksThatAreLeft) {
  std::vector<uint8_t> two, one;
  for (int level = 0; level < 100; ++level)
    for (int n = 0; n < 40 - std::abs(level - 20); ++n) one.push_back(static_cast<uint8_t>(level));
  two = one;
  for (int level = 50; level < 100; ++level)
    for (int n = 0; n < 30 - std::abs(level - 75); ++n) two.push_back(static_cast<uint8_t>(level));
  const std::string step = "{op: threshold, method: minimum}";
  EXPECT_THAT(threshold(step, row<uint8_t>(two)).levels, ElementsAre(48));  // skimage 0.26
  EXPECT_THROW(threshold(step, row<uint8_t>(one)), std::runtime_error);
  EXPECT_THROW(threshold(step, row<uint8_t>({7, 7})), std::runtime_error);
  // Where the smoothing of SciPy 1.17 leaves zeros, a sum of thirds leaves less than nothing.
  EXPECT_THAT(threshold(step, row<double>({1.9375, 1.71, 1.7345, 1.4308})).levels,
              ElementsAre(1.5386716796875));
}

TEST(Threshold, ByAnyMethodGivesAConstantImageItsValue) {
  for (const std::string method : {"otsu", "li", "yen", "isodata", "triangle", "mean"}) {
    SCOPED_TRACE(method);
    const std::string step = "{op: threshold, method: " + method + "}";
    EXPECT_THAT(threshold(step, row<uint8_t>({7, 7, 7})).levels, ElementsAre(7));
    EXPECT_THAT(threshold(step, row<int16_t>({-7, -7})).levels, ElementsAre(-7));
    EXPECT_THAT(threshold(step, row<float>({0.1F, 0.1F, 0.1F})).levels, ElementsAre(0.1F));
    EXPECT_THAT(threshold(step, row<double>({7, NAN, 7})).levels, ElementsAre(7));
    EXPECT_THAT(threshold(step, row<float>({NAN, NAN})).mask, ElementsAre(0, 0));
  }
}

// Grey levels as floats: Li's level settles at the same guess as that of the integers.
TEST(Threshold, ByLiIsTheSameForIntegersAndForThemAsFloats) {
  std::vector<uint16_t> levels;
  for (int i = 0; i < 5000; ++i)
    levels.push_back(static_cast<uint16_t>(100 + (i * i) % 331 + (i % 5 == 0 ? 700 + i % 89 : 0)));
  const std::string step = "{op: threshold, method: li}";
  const double expected = threshold(step, row<uint16_t>(levels)).levels[0];
  EXPECT_NEAR(threshold(step, row<float>({levels.begin(), levels.end()})).levels[0], expected,
              1e-9);
  EXPECT_NEAR(threshold(step, row<double>({levels.begin(), levels.end()})).levels[0], expected,
              1e-9);
}

// A blur that loses nothing: the reference filtered in double.
Stream blurred(const Stream& image) {
  double weights[5];
  const kernels::GaussianAxis axis{weights, kernels::gaussian_weights(1, weights)};
  const int64_t height = image.port.layout.item[0].size, width = image.port.layout.item[1].size;
  const std::vector<uint8_t> bytes = pixels_of<uint8_t>(image.items[0]);
  const std::vector<double> from(bytes.begin(), bytes.end());
  std::vector<double> to(from.size());
  std::vector<std::byte> scratch(
      kernels::gaussian_scratch_bytes(width, axis.radius, axis.radius, sizeof(double)));
  kernels::gaussian<double>({from.data(), width, height, width}, {to.data(), width, height, width},
                            {height, width, 0, 0, 0, 0}, axis, axis, scratch.data());
  return stream_of<double>(image_of(DType::f64, {{"t", 1}}, {{"y", height}, {"x", width}}), {to});
}
Stream as_float(const Stream& image) {
  const std::vector<double> from = pixels_of<double>(image.items[0]);
  Stream result = stream_of<float>(image.port, {std::vector<float>(from.begin(), from.end())});
  result.port.layout.dtype = DType::f32;
  return result;
}

TEST(Threshold, GivesScikitImagesLevelsOfBlurredImages) {
  if (!has_goldens()) GTEST_SKIP() << "no reference images at " << kGolden;
  for (const GoldenImage& golden : golden_images()) {
    SCOPED_TRACE(golden.name);
    const Stream image = blurred(read_tiff<uint8_t>(kCells + golden.path));
    for (const std::string method : {"otsu", "li", "yen", "isodata", "triangle"}) {
      SCOPED_TRACE(method);
      const double expected = golden_number(golden.name, {"thresholds_float_gauss1", method});
      const std::string step = "{op: threshold, method: " + method + "}";
      EXPECT_NEAR(threshold(step, image).levels[0], expected, 1e-9 * expected);
      EXPECT_NEAR(threshold(step, as_float(image)).levels[0], expected, 1e-6 * expected);
    }
  }
}

}  // namespace
}  // namespace parfocal
