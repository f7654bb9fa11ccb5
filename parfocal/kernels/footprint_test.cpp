#include "parfocal/kernels/footprint.h"

#include <gtest/gtest.h>

#include <vector>

namespace parfocal::kernels {
namespace {

std::vector<Chord> disk(double radius) {
  std::vector<Chord> chords(static_cast<size_t>(disk_chords(radius, nullptr, 0)));
  disk_chords(radius, chords.data(), static_cast<int64_t>(chords.size()));
  return chords;
}

int64_t area(const std::vector<Chord>& chords) {
  int64_t sum = 0;
  for (const Chord& chord : chords) sum += chord.end - chord.begin;
  return sum;
}

TEST(Disk, HasThePixelsOfScikitImagesDisk) {
  EXPECT_EQ(area(disk(0)), 1);
  EXPECT_EQ(area(disk(1)), 5);
  EXPECT_EQ(area(disk(2)), 13);
  EXPECT_EQ(area(disk(3)), 29);
  EXPECT_EQ(area(disk(5)), 81);
  EXPECT_EQ(disk(3).size(), 7u);
}

TEST(Disk, IsLopsidedForAFractionalRadius) {
  // arange(-1.1, 2.1) has the samples -1.1, -0.1, 0.9, 1.9: three true pixels of a 4 x 4 array.
  const auto chords = disk(1.1);
  EXPECT_EQ(area(chords), 4 - 1);
  ASSERT_EQ(chords.size(), 2u);
}

TEST(Rectangle, PutsTheOriginAtHalfTheSize) {
  Chord chords[2];
  EXPECT_EQ(rectangle_chords(2, 4, chords, 2), 2);
  EXPECT_EQ(chords[0].row, -1);
  EXPECT_EQ(chords[1].row, 0);
  EXPECT_EQ(chords[0].begin, -2);
  EXPECT_EQ(chords[0].end, 2);
  EXPECT_EQ(footprint_reach({chords, 2}), 2);
}

}  // namespace
}  // namespace parfocal::kernels
