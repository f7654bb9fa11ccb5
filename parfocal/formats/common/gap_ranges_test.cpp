#include "parfocal/formats/common/gap_ranges.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace parfocal {
namespace {

std::string text_of(const GapRanges& gaps) {
  std::string text;
  for (const GapRange& range : gaps.ranges())
    text += std::to_string(range.first) + "-" + std::to_string(range.last) + range.text + " ";
  return text;
}

TEST(GapRanges, JoinNeighboursAndStayBounded) {
  GapRanges gaps;
  for (int sweep = 0; sweep < 2; ++sweep)
    for (const int64_t k : {3, 4, 5, 9}) gaps.add(k, k, GapReason::broken, "x");
  gaps.add(10, 10, GapReason::failed, "");
  gaps.add(0, 0, GapReason::failed, "later sweep");
  ASSERT_EQ(gaps.ranges().size(), 4u);
  EXPECT_EQ(gaps.ranges()[1].last, 5);
  EXPECT_EQ(gaps.ranges()[0].reason, GapReason::failed);
  gaps.cut(4);
  ASSERT_EQ(gaps.ranges().size(), 2u);
  EXPECT_EQ(gaps.ranges()[1].last, 3);
  for (int64_t k = 10; k < 5000; k += 2) gaps.add(k, k, GapReason::dropped, "");
  EXPECT_EQ(gaps.ranges().size(), GapRanges::kMostRanges);
  EXPECT_EQ(gaps.unlisted(), 2495 - 998);
}

// Several workers meet failed frames in any order; what is recorded of them may not tell of it.
TEST(GapRanges, AreTheSameInAnyOrder) {
  std::vector<int64_t> frames = {2, 3, 4, 6, 7};
  do {
    GapRanges gaps;
    for (const int64_t k : frames)
      gaps.add(k, k, k == 4 ? GapReason::broken : GapReason::failed, "@" + std::to_string(k));
    ASSERT_EQ(text_of(gaps), "2-3@2 4-4@4 6-7@6 ");
  } while (std::next_permutation(frames.begin(), frames.end()));
}

TEST(GapRanges, AnItemThatIsToldAgainStaysAsItWas) {
  GapRanges gaps;
  gaps.add(5, 5, GapReason::broken, "x");
  gaps.add(5, 5, GapReason::failed, "y");
  EXPECT_EQ(text_of(gaps), "5-5x ");
}

TEST(GapRanges, ARangeMayHoldOthers) {
  GapRanges gaps;
  gaps.add(5, 6, GapReason::broken, "x");
  gaps.add(3, 9, GapReason::broken, "y");
  EXPECT_EQ(text_of(gaps), "3-9y ");
  gaps.add(4, 7, GapReason::broken, "z");
  EXPECT_EQ(text_of(gaps), "3-9y ");
}

TEST(GapRanges, EndBeforeTheItemAtWhichTheyAreCut) {
  GapRanges gaps;
  gaps.add(2, 3, GapReason::broken, "");
  gaps.add(5, 6, GapReason::broken, "");
  gaps.cut(7);
  EXPECT_EQ(text_of(gaps), "2-3 5-6 ");
  gaps.cut(5);
  EXPECT_EQ(text_of(gaps), "2-3 ");
  gaps.cut(3);
  EXPECT_EQ(text_of(gaps), "2-2 ");
  gaps.cut(0);
  EXPECT_EQ(text_of(gaps), "");
}

TEST(GapRanges, DoNotCountWhatLiesBehindTheCut) {
  constexpr int64_t kMost = GapRanges::kMostRanges;
  GapRanges gaps;
  for (int64_t k = 0; k < kMost + 500; ++k) gaps.add(2 * k, 2 * k, GapReason::dropped, "");
  ASSERT_EQ(gaps.unlisted(), 500);
  gaps.cut(2 * kMost + 100);
  EXPECT_LE(gaps.unlisted(), 100);
  EXPECT_GE(gaps.unlisted(), 50);
  gaps.cut(2 * kMost);
  EXPECT_EQ(gaps.unlisted(), 0);
  gaps.cut(10);
  EXPECT_EQ(gaps.unlisted(), 0);
  EXPECT_EQ(gaps.ranges().size(), 5u);
}

TEST(GapRanges, KeepTheFirstOfMoreThanTheyList) {
  constexpr int64_t kAll = 2 * static_cast<int64_t>(GapRanges::kMostRanges);
  GapRanges gaps;
  for (int64_t k = kAll - 1; k >= 0; --k) gaps.add(2 * k, 2 * k, GapReason::failed, "");
  EXPECT_EQ(gaps.ranges().size(), GapRanges::kMostRanges);
  EXPECT_EQ(gaps.ranges().front().first, 0);
  EXPECT_EQ(gaps.ranges().back().last, kAll - 2);
  EXPECT_EQ(gaps.unlisted(), kAll / 2);
}

}  // namespace
}  // namespace parfocal
