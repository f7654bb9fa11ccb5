#include "parfocal/formats/common/pattern_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <regex>

#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Location kPlace{"p.yaml", 3, 12};

std::string value_in(const std::string& pattern, const std::string& file) {
  return GroupPattern(pattern, kPlace).value_in(file).value_or("-");
}
std::string refusal(const std::string& pattern) {
  try {
    GroupPattern(pattern, kPlace);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_pipeline);
    return error.issues()[0].str();
  }
  return "";
}

TEST(PatternGroups, TheGroupIsWhatItSays) {
  EXPECT_EQ(value_in(R"(plates/(?<dataset>[A-H]\d+)/*.tif)", "plates/B12/x.tif"), "B12");
  EXPECT_EQ(value_in(R"(plates/(?P<dataset>[A-H]\d+)/*.tif)", "plates/B12/x.tif"), "B12");
  EXPECT_EQ(value_in(R"(plates/(?<dataset>[A-H]\d+)/*.tif)", "plates/I12/x.tif"), "-");
}

TEST(PatternGroups, AlternativesCountsAndClasses) {
  EXPECT_EQ(value_in("x_(?<d>wt|ko|wt2)_*.tif", "x_wt2_1.tif"), "wt2");
  EXPECT_EQ(value_in(R"((?<d>\d{2,3}).tif)", "12345.tif"), "-");
  EXPECT_EQ(value_in(R"(*(?<d>\d{2,3})*.tif)", "ab12345.tif"), "123");
  EXPECT_EQ(value_in(R"((?<d>[^_]+)_*.tif)", "day 1_a_b.tif"), "day 1");
  EXPECT_EQ(value_in(R"((?<d>a\.b\)c).tif)", "a.b)c.tif"), "a.b)c");
  EXPECT_EQ(value_in(R"((?<d>[|)]+).tif)", "|).tif"), "|)");
}

TEST(PatternGroups, RoundBracketsOutsideOfTheGroupAreLetters) {
  EXPECT_EQ(value_in(R"(plate (1)/(?<d>\w+)(copy).tif)", "plate (1)/A(copy).tif"), "A");
}

TEST(PatternGroups, FoldersBeforeAndBehind) {
  EXPECT_EQ(value_in(R"(**/(?<d>s\d)/**/*.tif)", "a/b/s1/c/d/x.tif"), "s1");
  EXPECT_EQ(value_in(R"(**/(?<d>s\d)/**/*.tif)", "s2/x.tif"), "s2");
  EXPECT_EQ(value_in(R"((?<d>.+)/*.tif)", "a/b/x.tif"), "-");  // within one folder name
}

TEST(PatternGroups, AgreesWithRegularExpressions) {
  std::mt19937 random(7);
  SCOPED_TRACE("seed 7");
  const std::string letters = "aab1_";
  const std::string inner = "[ab]+1?_*(?:a|b1)", ours = "[ab]+1?_*a|[ab]+1?_*b1";
  const std::regex reference("[^/]*?(" + inner + ")_[^/]*");
  const GroupPattern pattern("*(?<d>" + ours + ")_*", kPlace);
  for (int i = 0; i < 500; ++i) {
    std::string text;
    for (size_t k = 0; k < 9; ++k) text += letters[random() % letters.size()];
    std::smatch match;
    const bool matches = std::regex_match(text, match, reference);
    EXPECT_EQ(pattern.value_in(text).has_value(), matches) << text;
  }
}

TEST(PatternGroups, NothingMakesItSlow) {
  const std::string pattern = "*(?<d>a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b)*c";
  EXPECT_EQ(value_in(pattern, std::string(200, 'a')), "-");
}

TEST(PatternGroups, SaysWhatIsNotUnderstood) {
  EXPECT_THAT(refusal("*.tif"), HasSubstr("no group"));
  EXPECT_THAT(refusal("(?<d>a"), HasSubstr("never closed"));
  EXPECT_THAT(refusal("(?<d"), HasSubstr("never closed"));
  EXPECT_THAT(refusal("(?<d>a)(?<e>b)"), HasSubstr("more than one group"));
  EXPECT_THAT(refusal("(?<d>a(b)c)"), HasSubstr("'('"));
  EXPECT_THAT(refusal("(?<d>a/b)"), HasSubstr("'/'"));
  EXPECT_THAT(refusal(R"((?<d>\bx))"), HasSubstr(R"('\b')"));
  EXPECT_THAT(refusal("(?<d>[b-a])"), HasSubstr("ends before it begins"));
  EXPECT_THAT(refusal("(?<d>a{3,2})"), HasSubstr("'{'"));
  EXPECT_THAT(refusal("(?<d>a{999})"), HasSubstr("'{'"));
  EXPECT_THAT(refusal("(?<d>a++)"), HasSubstr("'+'"));
  EXPECT_THAT(refusal("(?<d>a+?)"), HasSubstr("'?'"));  // the group is as long as it can be
  EXPECT_THAT(refusal("(?<d>)"), HasSubstr("empty"));
  EXPECT_THAT(refusal("(?<d>+)"), HasSubstr("p.yaml:3:12"));
}

TEST(PatternGroups, EveryValueOnceInNaturalOrder) {
  const test::TempDir dir;
  for (const std::string name : {"A10", "A2", "B1", "x"}) {
    std::filesystem::create_directory(dir / name);
    for (const char* file : {"1.tif", "2.tif"}) std::ofstream(dir / (name + "/" + file)) << "x";
  }
  std::filesystem::create_directory(dir / "A3");  // has no image
  const GroupPattern pattern(R"((?<dataset>[A-H]\d+)/*.tif)", kPlace);
  EXPECT_EQ(pattern.name(), "dataset");
  EXPECT_THAT(group_values(pattern, dir.path(), 9, kPlace), ElementsAre("A2", "A10", "B1"));
  EXPECT_EQ(pattern.with("A2"), "A2/*.tif");
  EXPECT_EQ(pattern.with("A*"), "A[*]/*.tif");
  const GroupPattern starred(R"(*(?<dataset>\d)/*.tif)", kPlace);
  EXPECT_THAT(group_values(starred, dir.path(), 9, kPlace), ElementsAre("0", "1", "2"));
  EXPECT_THROW(group_values(GroupPattern("(?<d>Z+)/*.tif", kPlace), dir.path(), 9, kPlace), Error);
  EXPECT_THROW(group_values(GroupPattern("(?<d>Z+).png", kPlace), dir.path(), 9, kPlace), Error);
}

TEST(PatternGroups, DatasetsWhosePatternFindsFilesOfOthersAreRefused) {
  const test::TempDir dir;
  for (const char* name : {"A1_t0.tif", "A1_t1.tif", "A10_t0.tif"})
    std::ofstream(dir / name) << "x";
  const auto values = [&](const char* pattern) {
    return group_values(GroupPattern(pattern, kPlace), dir.path(), 9, kPlace);
  };
  EXPECT_THROW(values(R"((?<d>A\d+)*.tif)"), Error) << "A1*.tif finds A10_t0.tif";
  EXPECT_THAT(values(R"((?<d>A\d+)_*.tif)"), ElementsAre("A1", "A10"));
}

}  // namespace
}  // namespace parfocal
