#include "parfocal/kernels/rank_filter.h"

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>

#include "parfocal/kernels/simd_targets.h"
#include "parfocal/kernels/test_image.h"
#include "parfocal/kernels/test_scratch.h"

namespace parfocal::kernels {
namespace {

using Chords = std::vector<Chord>;

Chords rectangle(int64_t rows, int64_t columns) {
  Chords chords(static_cast<size_t>(rows));
  rectangle_chords(rows, columns, chords.data(), rows);
  return chords;
}
Chords disk(double radius) {
  Chords chords(static_cast<size_t>(disk_chords(radius, nullptr, 0)));
  disk_chords(radius, chords.data(), static_cast<int64_t>(chords.size()));
  return chords;
}
Footprint footprint_of(const Chords& chords) {
  return {chords.data(), static_cast<int64_t>(chords.size())};
}
int64_t pixels_of(const Chords& chords) { return footprint_pixels(footprint_of(chords)); }

// The definition, pixel by pixel.
template <class T>
Image<T> plain(const Image<T>& in, const Chords& chords, int64_t rank) {
  Image<T> out(in.width, in.height);
  const auto before = [](T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
      if (a == b) return std::signbit(a) && !std::signbit(b);
    }
    return a < b;
  };
  for (int64_t y = 0; y < in.height; ++y)
    for (int64_t x = 0; x < in.width; ++x) {
      std::vector<T> seen;
      for (const Chord& chord : chords)
        for (int64_t i = chord.begin; i < chord.end; ++i)
          seen.push_back(
              in.plane().row(reflected(y + chord.row, in.height))[reflected(x + i, in.width)]);
      std::sort(seen.begin(), seen.end(), before);
      out.plane().row(y)[x] = seen[static_cast<size_t>(rank)];
    }
  return out;
}

template <class T>
Image<T> filtered(const Image<T>& in, const Chords& chords, int64_t rank) {
  const RankSearch search(footprint_of(chords), rank, sizeof(T));
  Image<T> out(in.width, in.height, 3);
  const TestScratch scratch(rank_filter_scratch_bytes(in.width, search, sizeof(T)));
  rank_filter<T>(in.plane(), out.plane(), {in.height, in.width, 0, 0, 0, 0}, search,
                 scratch.data());
  return out;
}

template <class T>
class RankFilter : public ::testing::Test {};
using Types =
    ::testing::Types<uint8_t, uint16_t, uint32_t, int8_t, int16_t, int32_t, float, double>;
TYPED_TEST_SUITE(RankFilter, Types);

TYPED_TEST(RankFilter, IsTheDefinition) {
  using T = TypeParam;
  const std::vector<Chords> windows{rectangle(1, 1), rectangle(2, 2),  rectangle(3, 3),
                                    rectangle(5, 5), rectangle(1, 7),  rectangle(4, 3),
                                    disk(1.1),       disk(3),          rectangle(11, 12),
                                    disk(6),         rectangle(21, 20)};
  for_each_simd_target([&](const std::string& target) {
    SCOPED_TRACE(target);
    uint64_t seed = 0;
    for (const Chords& chords : windows)
      for (const auto& [width, height] : {std::pair{1, 1}, {2, 9}, {37, 5}, {150, 4}}) {
        const int64_t pixels = pixels_of(chords);
        const auto in = Image<T>::random(width, height, 2, ++seed);
        for (const int64_t rank : {pixels / 2, int64_t{0}, pixels - 1, pixels / 3}) {
          SCOPED_TRACE(std::to_string(pixels) + " pixels, rank " + std::to_string(rank) +
                       ", width " + std::to_string(width));
          const auto got = filtered(in, chords, rank), wanted = plain(in, chords, rank);
          for (size_t i = 0; i < wanted.values().size(); ++i) {
            const T a = got.values()[i], b = wanted.values()[i];
            ASSERT_TRUE((a != a && b != b) || std::memcmp(&a, &b, sizeof(T)) == 0) << i;
          }
        }
      }
  });
}

TYPED_TEST(RankFilter, IsTheSameForEveryTile) {
  using T = TypeParam;
  const auto in = Image<T>::random(70, 23, 0, 5);
  for (const Chords& chords : {rectangle(5, 5), rectangle(4, 6), disk(3), disk(7)}) {
    const RankSearch search(footprint_of(chords), pixels_of(chords) / 2, sizeof(T));
    const int64_t reach = search.reach();
    const auto whole = filtered(in, chords, search.rank());
    Image<T> out(in.width, in.height, 3);
    for (int64_t y = 0; y < in.height; y += 9)
      for (int64_t x = 0; x < in.width; x += 33) {
        const int64_t rows = std::min<int64_t>(9, in.height - y),
                      columns = std::min<int64_t>(33, in.width - x);
        const int64_t top = std::max<int64_t>(0, y - reach), left = std::max<int64_t>(0, x - reach);
        const TestScratch scratch(rank_filter_scratch_bytes(columns, search, sizeof(T)));
        rank_filter<T>(in.part(top, left, std::min(in.height, y + rows + reach) - top,
                               std::min(in.width, x + columns + reach) - left),
                       out.part(y, x, rows, columns), {in.height, in.width, top, left, y, x},
                       search, scratch.data());
      }
    for (size_t i = 0; i < whole.values().size(); ++i) {
      const T a = whole.values()[i], b = out.values()[i];
      ASSERT_EQ(std::memcmp(&a, &b, sizeof(T)), 0) << i;
    }
  }
}

TEST(SelectionNetwork, FindsEveryRank) {
  std::mt19937_64 random(1);
  for (const auto& [runs, length] :
       {std::pair<size_t, size_t>{1, 1}, {1, 7}, {2, 3}, {3, 3}, {5, 5}, {7, 2}, {13, 1}, {9, 4}})
    for (size_t rank = 0; rank < runs * length; ++rank) {
      const SelectionNetwork network = selection_network(runs, length, rank);
      for (int round = 0; round < 50; ++round) {
        std::vector<int> values(runs * length);
        for (int& value : values) value = static_cast<int>(random() % (round % 2 ? 4 : 1000));
        for (size_t k = 0; k < runs; ++k)
          std::sort(values.begin() + static_cast<std::ptrdiff_t>(k * length),
                    values.begin() + static_cast<std::ptrdiff_t>((k + 1) * length));
        std::vector<int> sorted = values;
        std::sort(sorted.begin(), sorted.end());
        for (const Exchange& e : network.exchanges) {
          const auto [low, high] = std::minmax({values[e.a], values[e.b]});
          if (e.low) values[e.a] = low;
          if (e.high) values[e.b] = high;
        }
        ASSERT_EQ(values[network.answer], sorted[rank]) << runs << " x " << length << ", " << rank;
      }
    }
}

// Fewer comparisons than a sort: what the median of a box costs is decided here.
TEST(SelectionNetwork, IsShort) {
  EXPECT_LE(selection_network(3, 3, 4).exchanges.size(), 14U);
  EXPECT_LE(selection_network(5, 5, 12).exchanges.size(), 70U);
}

TEST(SortingNetwork, Sorts) {
  std::mt19937_64 random(2);
  for (size_t count = 1; count < 40; ++count) {
    std::vector<int> values(count);
    for (int& value : values) value = static_cast<int>(random() % 30);
    for (const Exchange& e : sorting_network(count))
      if (values[e.b] < values[e.a]) std::swap(values[e.a], values[e.b]);
    ASSERT_TRUE(std::is_sorted(values.begin(), values.end())) << count;
  }
}

}  // namespace
}  // namespace parfocal::kernels
