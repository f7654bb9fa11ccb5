#include "parfocal/kernels/bitmask.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "parfocal/kernels/simd_targets.h"
#include "parfocal/kernels/test_scratch.h"

namespace parfocal::kernels {
namespace {

struct Mask {
  int64_t width;
  int64_t height;
  std::vector<uint8_t> bytes;

  Plane<const uint8_t> view() const { return {bytes.data(), width, height, width}; }
  Plane<uint8_t> mutable_view() { return {bytes.data(), width, height, width}; }
  int at(int64_t x, int64_t y, int outside) const {
    if (x < 0 || y < 0 || x >= width || y >= height) return outside;
    return bytes[static_cast<size_t>(y * width + x)] != 0;
  }
};

Mask random_mask(int64_t width, int64_t height, unsigned percent, uint32_t seed) {
  std::mt19937 random(seed);
  Mask mask{width, height, std::vector<uint8_t>(static_cast<size_t>(width * height))};
  for (uint8_t& byte : mask.bytes) {
    byte = random() % 100 < percent ? static_cast<uint8_t>(1 + random() % 255) : 0;
  }
  return mask;
}

Mask by_definition(const Mask& in, Footprint footprint, bool erosion) {
  Mask out{in.width, in.height, std::vector<uint8_t>(in.bytes.size())};
  for (int64_t y = 0; y < in.height; ++y) {
    for (int64_t x = 0; x < in.width; ++x) {
      int value = erosion;
      for (int64_t c = 0; c < footprint.count; ++c) {
        const Chord& chord = footprint.chords[c];
        for (int64_t k = chord.begin; k < chord.end; ++k) {
          const int sign = erosion ? 1 : -1;
          const int pixel = in.at(x + sign * k, y + sign * chord.row, erosion);
          value = erosion ? value & pixel : value | pixel;
        }
      }
      out.bytes[static_cast<size_t>(y * in.width + x)] = static_cast<uint8_t>(value);
    }
  }
  return out;
}

using Kernel = void (*)(Plane<const uint8_t>, Window, Plane<uint8_t>, Footprint, void*) noexcept;

std::vector<uint8_t> run(Kernel kernel, const Mask& in, Window window, Footprint footprint) {
  TestScratch scratch(kernel == &open || kernel == &close
                          ? open_scratch_bytes(in.width, footprint)
                          : erode_scratch_bytes(in.width, footprint));
  Mask out{window.width, window.height,
           std::vector<uint8_t>(static_cast<size_t>(window.width * window.height), 9)};
  kernel(in.view(), window, out.mutable_view(), footprint, scratch.data());
  return out.bytes;
}

Window whole(const Mask& mask) { return {0, 0, mask.width, mask.height}; }

std::vector<std::vector<Chord>> footprints() {
  std::vector<std::vector<Chord>> all;
  for (const double radius : {0.0, 1.0, 1.1, 3.0, 5.0}) {
    all.emplace_back(static_cast<size_t>(disk_chords(radius, nullptr, 0)));
    disk_chords(radius, all.back().data(), 1000);
  }
  for (const int64_t size : {2, 3, 8}) {
    all.emplace_back(static_cast<size_t>(size));
    rectangle_chords(size, size, all.back().data(), size);
  }
  all.push_back({{2, 3, 7}, {-1, -5, -2}, {2, -4, 1}});  // neither symmetric nor holding its origin
  all.push_back({{0, -70, 71}, {1, 64, 65}});            // wider than a word
  return all;
}

TEST(Pack, RoundTripsEveryWidthOnEveryTarget) {
  for_each_simd_target([](const std::string& target) {
    for (int64_t width = 1; width <= 130; ++width) {
      const Mask mask = random_mask(width, 2, 50, static_cast<uint32_t>(width));
      std::vector<uint64_t> words(static_cast<size_t>(2 * packed_words(width)), ~uint64_t{0});
      pack(mask.view(), words.data());
      Mask back{width, 2, std::vector<uint8_t>(mask.bytes.size(), 9)};
      unpack(words.data(), back.mutable_view());
      for (size_t i = 0; i < mask.bytes.size(); ++i) {
        ASSERT_EQ(back.bytes[i], mask.bytes[i] != 0) << target << ' ' << width << ' ' << i;
      }
      if (width % 64 != 0) {
        ASSERT_EQ(words.back() >> (width % 64), 0u);
      }
    }
  });
}

TEST(Morphology, FollowsItsDefinitionForEveryWidthOnEveryTarget) {
  for_each_simd_target([](const std::string& target) {
    for (const auto& chords : footprints()) {
      const Footprint footprint{chords.data(), static_cast<int64_t>(chords.size())};
      for (int64_t width = 1; width <= 130; width += width % 64 < 3 || width % 64 > 60 ? 1 : 5) {
        for (const unsigned percent : {20u, 90u}) {
          const Mask mask = random_mask(width, 11, percent, static_cast<uint32_t>(width));
          const Mask eroded = by_definition(mask, footprint, true);
          const Mask dilated = by_definition(mask, footprint, false);
          ASSERT_EQ(run(&erode, mask, whole(mask), footprint), eroded.bytes) << target << width;
          ASSERT_EQ(run(&dilate, mask, whole(mask), footprint), dilated.bytes) << target << width;
          ASSERT_EQ(run(&open, mask, whole(mask), footprint),
                    by_definition(eroded, footprint, false).bytes)
              << target << width;
          ASSERT_EQ(run(&close, mask, whole(mask), footprint),
                    by_definition(dilated, footprint, true).bytes)
              << target << width;
        }
      }
    }
  });
}

TEST(Morphology, OfTilesWithHaloEqualsTheWhole) {
  const Mask mask = random_mask(150, 90, 85, 3);
  for (const auto& chords : footprints()) {
    const Footprint footprint{chords.data(), static_cast<int64_t>(chords.size())};
    for (const Kernel kernel : {Kernel{&erode}, Kernel{&dilate}, Kernel{&open}, Kernel{&close}}) {
      const bool two_steps = kernel == Kernel{&open} || kernel == Kernel{&close};
      const int64_t halo = footprint_reach(footprint) * (two_steps ? 2 : 1);
      const std::vector<uint8_t> expected = run(kernel, mask, whole(mask), footprint);
      for (const Window tile :
           {Window{0, 0, 60, 40}, Window{60, 40, 71, 33}, Window{131, 73, 19, 17},
            Window{64, 0, 64, 1}, Window{149, 89, 1, 1}}) {
        const int64_t x0 = std::max<int64_t>(0, tile.x0 - halo);
        const int64_t y0 = std::max<int64_t>(0, tile.y0 - halo);
        const int64_t x1 = std::min(mask.width, tile.x0 + tile.width + halo);
        const int64_t y1 = std::min(mask.height, tile.y0 + tile.height + halo);
        const Plane<const uint8_t> in{mask.view().row(y0) + x0, x1 - x0, y1 - y0, mask.width};
        TestScratch scratch(open_scratch_bytes(in.width, footprint));
        std::vector<uint8_t> out(static_cast<size_t>(tile.width * tile.height), 9);
        kernel(in, {tile.x0 - x0, tile.y0 - y0, tile.width, tile.height},
               {out.data(), tile.width, tile.height, tile.width}, footprint, scratch.data());
        for (int64_t i = 0; i < tile.width * tile.height; ++i) {
          const int64_t at = (tile.y0 + i / tile.width) * mask.width + tile.x0 + i % tile.width;
          ASSERT_EQ(out[static_cast<size_t>(i)], expected[static_cast<size_t>(at)]);
        }
      }
    }
  }
}

TEST(Morphology, OpeningDoesNotEatObjectsAtTheBorder) {
  const Mask mask{9, 9, std::vector<uint8_t>(81, 1)};
  Chord chords[7];
  const int64_t count = disk_chords(3, chords, 7);
  EXPECT_EQ(run(&open, mask, whole(mask), {chords, count}), mask.bytes);
}

TEST(Morphology, OfAnEmptyFootprintIsItsNeutralElement) {
  const Mask mask = random_mask(5, 3, 50, 1);
  EXPECT_EQ(run(&erode, mask, whole(mask), {}), std::vector<uint8_t>(15, 1));
  EXPECT_EQ(run(&dilate, mask, whole(mask), {}), std::vector<uint8_t>(15, 0));
}

TEST(Morphology, OfAnEmptyImageWritesNothing) {
  Chord chords[7];
  const int64_t count = disk_chords(3, chords, 7);
  EXPECT_TRUE(run(&open, Mask{0, 0, {}}, {}, {chords, count}).empty());
}

}  // namespace
}  // namespace parfocal::kernels
