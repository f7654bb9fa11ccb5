#include "parfocal/core/parameters.h"

#include <gtest/gtest.h>

namespace parfocal {
namespace {

struct P {
  double above = 1, at_least = 1, at_most = 1;
  int64_t whole = 1;
};
Parameters<P> params() {
  return Parameters<P>()
      .add("above", &P::above, "more than one")
      .above(1)
      .add("at_least", &P::at_least, "one or more")
      .at_least(1)
      .add("at_most", &P::at_most, "one or less")
      .at_most(1)
      .add("whole", &P::whole, "a number")
      .at_least(4);
}
// What is wrong with `text`, and what is advised: "needs | cure".
std::string told(const char* name, const char* text) {
  RawValue raw = RawValue::map();
  raw.set(name, RawValue::scalar(text));
  std::vector<Issue> issues;
  params().parse(raw, "step a", issues);
  return issues.empty() ? "" : issues[0].needed + " | " + issues[0].cure;
}

TEST(Ranges, HaveTheirEndsUnlessTheyAreAboveThem) {
  EXPECT_EQ(told("above", "1"), "> 1 | write e.g. above: 2");
  EXPECT_EQ(told("above", "1.001"), "");
  EXPECT_EQ(told("at_least", "1"), "");
  EXPECT_EQ(told("at_least", "0.999"), ">= 1 | write e.g. at_least: 1");
  EXPECT_EQ(told("at_most", "1"), "");
  EXPECT_EQ(told("at_most", "1.001"), "<= 1 | write e.g. at_most: 1");
}

TEST(Cures, KeepANumberWhoseUnitIsTooMuchIfItIsInItsRange) {
  EXPECT_EQ(told("above", "3 px"), "a number without a unit | write above: 3");
  EXPECT_EQ(told("above", "0.5 px"), "a number without a unit | write e.g. above: 2");
  EXPECT_EQ(told("whole", "6 px"), "a whole number | write whole: 6");
  EXPECT_EQ(told("whole", "6.5 px"), "a whole number | write e.g. whole: 4");
  EXPECT_EQ(told("whole", "2 px"), "a whole number | write e.g. whole: 4");
}

}  // namespace
}  // namespace parfocal
