#include "parfocal/core/corrections.h"

#include <gtest/gtest.h>

namespace parfocal {
namespace {

struct P {
  Length length;
  std::vector<Length> lengths;
  int64_t whole = 0;
  bool flag = false;
  DType dtype = DType::u8;
  std::vector<std::string> words;
};
Parameters<P> params() {
  return Parameters<P>()
      .add("length", &P::length, "a length")
      .above(0)
      .add("lengths", &P::lengths, "lengths")
      .add("whole", &P::whole, "a number")
      .at_least(2)
      .at_most(9)
      .add("flag", &P::flag, "yes or no")
      .add("dtype", &P::dtype, "a type")
      .add("words", &P::words, "words")
      .choices({"area", "bbox", "intensity_mean"});
}
std::string told(const char* name, RawValue value) {
  RawValue raw = RawValue::map();
  raw.set(name, std::move(value));
  std::vector<Issue> issues;
  params().parse(raw, "step a", issues);
  return issues.empty() ? "" : issues[0].cure;
}
std::string told(const char* name, const char* text) { return told(name, RawValue::scalar(text)); }
RawValue list(std::vector<std::string> words) {
  RawValue raw = RawValue::list({});
  for (std::string& word : words) raw.items.push_back(RawValue::scalar(std::move(word)));
  return raw;
}

TEST(Corrections, KeepTheNumberThatWasGiven) {
  EXPECT_EQ(told("length", "2,5 pixels"), "write length: 2.5 px");
  EXPECT_EQ(told("length", "3 s"), "write e.g. length: 3 px");  // of a unit that was not said
  EXPECT_EQ(told("length", "650 nm/px"), "write length: 650 nm");
  EXPECT_EQ(told("length", "-2 um"), "write length: 2 um");
  EXPECT_EQ(told("length", "much"), "write e.g. length: 1 px");
  EXPECT_EQ(told("lengths", "1 px, 2 pixels"), "write lengths: [1 px, 2 px]");
  EXPECT_EQ(told("lengths", list({"1,5 px", "2 px"})), "write lengths: [1.5 px, 2 px]");
  EXPECT_EQ(told("whole", "5.0"), "write whole: 5");
  EXPECT_EQ(told("whole", "12"), "write e.g. whole: 9");
  EXPECT_EQ(told("whole", "1"), "write e.g. whole: 2");
}

TEST(Corrections, KnowOtherWordsForTheSame) {
  EXPECT_EQ(told("flag", "no"), "write flag: false");
  EXPECT_EQ(told("flag", "True"), "write flag: true");
  EXPECT_EQ(told("dtype", "double"), "write dtype: float64");
  EXPECT_EQ(told("dtype", "UINT 16"), "write dtype: uint16");
}

TEST(Corrections, ReadListsThatAreTexts) {
  EXPECT_EQ(told("words", "area bbox"), "write words: [area, bbox]");
  EXPECT_EQ(told("words", list({"area, bbox"})), "write words: [area, bbox]");
  EXPECT_EQ(told("words", "Area"), "write words: area");
  EXPECT_EQ(told("words", list({"mean_intensity", "aera"})), "write words: [intensity_mean, area]");
  EXPECT_EQ(
      told("words", list({"mean_intensity", "colour"})),
      "write intensity_mean in place of mean_intensity; write one of these in place of colour, "
      "or leave out colour");
}

}  // namespace
}  // namespace parfocal
