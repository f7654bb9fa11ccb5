#include <set>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/synthetic/nuclei.h"

namespace parfocal {
namespace {

using test::Image;
using test::open_source;
using test::raw_map;
using test::read_all;

std::unique_ptr<Source> generator(const std::string& kind, const std::string& dtype,
                                  const std::string& height = "37", const std::string& width = "53",
                                  const std::string& seed = "1") {
  RawValue params = raw_map({{"kind", kind}, {"dtype", dtype}, {"seed", seed}});
  params.set("size", raw_map({{"t", "20"}, {"y", height}, {"x", width}}));
  return open_source("generator", params);
}

TEST(Generator, AnyRegionEqualsTheSameOfTheWhole) {
  for (const char* kind : {"noise", "gradient", "counter", "sequence", "nuclei"})
    for (int d = 0; d < kDTypeCount; ++d) {
      const auto source = generator(kind, std::string(dtype_name(static_cast<DType>(d))));
      test::expect_regions_agree(*source, 3, 17, 31);
      test::expect_regions_agree(*source, 3, 1, 53);
      test::expect_regions_agree(*source, 3, 5, 3);
    }
}

TEST(Generator, DependsOnSeedAndSequenceOnly) {
  for (const char* kind : {"noise", "nuclei"}) {
    const auto a = generator(kind, "uint16"), b = generator(kind, "uint16", "37", "53", "2");
    EXPECT_EQ(read_all(*a, 5), read_all(*generator(kind, "uint16"), 5));
    EXPECT_NE(read_all(*a, 5), read_all(*a, 6));
    EXPECT_NE(read_all(*a, 5), read_all(*b, 5));
  }
}

TEST(Generator, NoiseIsUniform) {
  const Image image = read_all(*generator("noise", "uint8", "512", "512"), 0);
  std::array<int, 256> histogram{};
  for (const std::byte b : image.pixels) ++histogram[static_cast<size_t>(b)];
  double chi = 0;
  for (const int n : histogram) chi += (n - 1024.0) * (n - 1024.0) / 1024.0;
  EXPECT_LT(chi, 350);  // 255 degrees of freedom: 1 in 30,000 by chance
  const Image real = read_all(*generator("noise", "float32", "512", "512"), 0);
  double sum = 0;
  for (int64_t i = 0; i < 512 * 512; ++i) sum += real.view().as<float>()[i];
  EXPECT_NEAR(sum / (512 * 512), 0.5, 0.003);
}

TEST(Generator, CounterNumbersAllPixels) {
  const auto source = generator("counter", "uint32");
  const Image image = read_all(*source, 2);
  for (uint32_t i = 0; i < 37 * 53; ++i) ASSERT_EQ(image.view().as<uint32_t>()[i], 2 * 37 * 53 + i);
}

TEST(Generator, RejectsBadSizes) {
  RawValue params = raw_map({{"kind", "noise"}});
  params.set("size", raw_map({{"t", "5"}, {"x", "6"}, {"y", "7"}}));
  EXPECT_THROW(open_source("generator", params), Error);
  params.set("size", raw_map({{"y", "0"}, {"x", "7"}}));
  EXPECT_THROW(open_source("generator", params), Error);
  params.set("size", raw_map({{"t", "9000000000000000000"}, {"y", "9"}, {"x", "7"}}));
  EXPECT_THROW(open_source("generator", params), Error);
}

// Objects of a thresholded frame, by flood fill (4 neighbours).
int64_t count_objects(const Image& image, int threshold) {
  const int64_t h = image.region.shape[0], w = image.region.shape[1];
  const uint8_t* p = image.view().as<uint8_t>();
  std::vector<char> seen(static_cast<size_t>(h * w));
  int64_t objects = 0;
  for (int64_t start = 0; start < h * w; ++start) {
    std::vector<int64_t> stack{start};
    int64_t area = 0;
    while (!stack.empty()) {
      const int64_t i = stack.back();
      stack.pop_back();
      if (seen[static_cast<size_t>(i)] || p[i] < threshold) continue;
      seen[static_cast<size_t>(i)] = 1;
      ++area;
      if (i % w > 0) stack.push_back(i - 1);
      if (i % w + 1 < w) stack.push_back(i + 1);
      if (i >= w) stack.push_back(i - w);
      if (i + w < h * w) stack.push_back(i + w);
    }
    objects += area >= 20;
  }
  return objects;
}

TEST(Nuclei, AThresholdCountsThem) {
  RawValue params =
      raw_map({{"kind", "nuclei"}, {"dtype", "uint8"}, {"cells", "10"}, {"seed", "7"}});
  params.set("size", raw_map({{"t", "80"}, {"y", "512"}, {"x", "640"}}));
  const auto source = open_source("generator", params);
  const NucleiMovie movie({512, 640, 80, 10, 9, 7});
  EXPECT_GE(movie.count(0), 8);
  EXPECT_GE(movie.count(79), 2 * movie.count(0));  // they divide
  for (const int64_t t : {0, 10, 20, 33, 50, 79})
    EXPECT_EQ(count_objects(read_all(*source, t), 70), movie.count(t)) << t;
}

TEST(Nuclei, StayInsideAndApart) {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    const NucleiMovie movie({300, 400, 60, 20, 8, seed});
    for (int64_t t = 0; t < 60; ++t) {
      const auto nuclei = movie.truth(t);
      for (size_t i = 0; i < nuclei.size(); ++i) {
        EXPECT_GT(nuclei[i].y, 0);
        EXPECT_LT(nuclei[i].x, 400);
        for (size_t j = 0; j < i; ++j)
          EXPECT_GT(std::hypot(nuclei[i].y - nuclei[j].y, nuclei[i].x - nuclei[j].x),
                    nuclei[i].radius_px + nuclei[j].radius_px)
              << "seed " << seed << " frame " << t;
      }
    }
  }
}

TEST(Nuclei, FitTinyPlanes) {
  RawValue params = raw_map({{"kind", "nuclei"}});
  params.set("size", raw_map({{"y", "1"}, {"x", "1"}}));
  EXPECT_EQ(read_all(*open_source("generator", params), 0).pixels.size(), 2u);
}

}  // namespace
}  // namespace parfocal
