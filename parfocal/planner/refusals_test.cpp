/// What a refused plan says: of the memory that works, of who takes most, and of the disk.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "parfocal/planner/test_planned.h"

namespace parfocal {
namespace {

// What a refusal of `text` says.
Issue refused(const std::string& text) {
  PlanOptions tiny;
  tiny.memory_bytes = 1 << 20;
  try {
    planned(text, tiny);
  } catch (const Error& error) {
    return error.issues()[0];
  }
  return {};
}

TEST(Refusals, AdvisesNoMoreMemoryThanIsNeeded) {
  for (const std::string last :
       {"{id: m, op: reduce, over: t, how: max}", "{op: threshold}, {op: label}"}) {
    const std::string text = movie(20, 2048) +
                             "steps: [{id: g, op: gaussian, sigma: 2 px, from: source}, " + last +
                             "]\n" + kSaveLast;
    const auto bytes = parse_bytes(refused(text).cure.substr(9));
    ASSERT_TRUE(bytes);
    PlanOptions less;
    less.memory_bytes = *bytes - (int64_t{4} << 20);
    EXPECT_THROW(planned(text, less), Error) << last;
  }
}

TEST(Refusals, NamesTheLargestHoldersFirstWhereItRefuses) {
  const std::string what =
      refused(movie(20, 16384) + "steps: [{op: threshold}, {op: label}]\n" + kSaveLast).what;
  const size_t begin = what.find("(largest: ");
  ASSERT_NE(begin, std::string::npos) << what;
  const std::string first = what.substr(begin, what.find(';') - begin);
  EXPECT_THAT(first, ::testing::EndsWith("GiB")) << "frames of half a GiB: " << what;
}

TEST(Refusals, TheMemoryOfTheCommandBeatsThatOfTheFile) {
  const std::string text = "memory: 700 MiB\n" + movie(9) + kSaveLast;
  EXPECT_EQ(planned(text).memory_bytes, int64_t{700} << 20);
  PlanOptions options;
  options.memory_bytes = int64_t{900} << 20;
  EXPECT_EQ(planned(text, options).memory_bytes, int64_t{900} << 20);
}

// Frames of 2 MiB that take so much of the disk that is free now.
int64_t frames_of_disk(double share) {
  const Plan one = planned(movie(1, 1024) + kSaveLast),
             many = planned(movie(101, 1024) + kSaveLast);
  const int64_t each = (many.disk_bytes - one.disk_bytes) / 100;
  return static_cast<int64_t>(share * static_cast<double>(free_disk_bytes(".")) /
                              static_cast<double>(each));
}

TEST(Refusals, LeavesATwentiethOfTheDiskFree) {
  EXPECT_NO_THROW(planned(movie(frames_of_disk(0.9), 1024) + kSaveLast));
  try {
    planned(movie(frames_of_disk(0.975), 1024) + kSaveLast);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::over_budget);
    EXPECT_THAT(error.issues()[0].what, ::testing::HasSubstr("may not fit the disk"));
  }
  const std::string more = std::to_string(frames_of_disk(3));
  EXPECT_NO_THROW(planned("parfocal: 1\nsource: {type: push, of: {type: generator, size: {t: " +
                          more + ", y: 1024, x: 1024}}}\n" + kSaveLast))
      << "a camera can be stopped";
}

}  // namespace
}  // namespace parfocal
