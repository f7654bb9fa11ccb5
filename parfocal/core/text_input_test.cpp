#include "parfocal/core/text_input.h"

#include <gtest/gtest.h>

#include <fstream>

namespace parfocal {
namespace {

std::string repeated(const std::string& text, int n) {
  std::string result;
  for (int i = 0; i < n; ++i) result += text;
  return result;
}

TEST(NestsDeeper, CountsListsAndObjectsThatLieInEachOther) {
  EXPECT_FALSE(nests_deeper(R"({"a": [1, {"b": 2}]})", 3));
  EXPECT_TRUE(nests_deeper(R"({"a": [1, {"b": 2}]})", 2));
  EXPECT_FALSE(nests_deeper(repeated("[],", 100000), 1));
  EXPECT_TRUE(nests_deeper(repeated("[", 20000), 32));
  EXPECT_TRUE(nests_deeper(repeated(R"({"a":)", 20000), 32));
}

TEST(NestsDeeper, PassesOverBracketsInTexts) {
  EXPECT_FALSE(nests_deeper(R"({"[[[[": "{{{{\"[[[["})", 1));
  EXPECT_TRUE(nests_deeper(R"({"\\": [[]]})", 2));
  EXPECT_FALSE(nests_deeper("\"[[[", 0));
  EXPECT_FALSE(nests_deeper("\"\\", 0));
}

TEST(ReadTextFile, RefusesWhatIsTooLargeOrNoFile) {
  const std::filesystem::path folder = testing::TempDir();
  const std::filesystem::path file = folder / "parfocal-text-input-test";
  std::ofstream(file) << "12345";
  std::string text;
  ASSERT_TRUE(read_text_file(file, 5, text).ok());
  EXPECT_EQ(text, "12345");
  EXPECT_FALSE(read_text_file(file, 4, text).ok());
  EXPECT_EQ(text, "");
  std::filesystem::resize_file(file, uintmax_t{1} << 40);  // of holes
  EXPECT_FALSE(read_text_file(file, 1 << 20, text).ok());
  std::filesystem::remove(file);
  EXPECT_FALSE(read_text_file(file, 5, text).ok());
  EXPECT_FALSE(read_text_file(folder, 5, text).ok());
}

}  // namespace
}  // namespace parfocal
