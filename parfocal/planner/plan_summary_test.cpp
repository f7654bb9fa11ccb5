#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "parfocal/planner/grouped.h"
#include "parfocal/planner/test_planned.h"

namespace parfocal {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kMean =
    "steps:\n  - {id: m, op: reduce, over: t, how: mean}\n"
    "  - {id: s, op: subtract, from: source, by: m}\n";

TEST(PlanSummary, IsFiveLinesWithoutWordsOfTheDesign) {
  const Plan plan = planned(movie(1000, 64, "c: 3, ") + kSaveLast);
  const std::string text = plan_summary(plan, "--memory");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5) << text;
  EXPECT_THAT(text,
              HasSubstr("images:  3,000 of 64 x 64 pixels (y, x), uint16, along t 1,000, c 3: "
                        "8 KiB each, 23.4 MiB in all\n"));
  EXPECT_THAT(text, HasSubstr("memory:  at most " + format_bytes(plan.peak_bytes) + " of the "));
  EXPECT_THAT(text, HasSubstr(" allowed (--memory), with 2 threads\n"));
  EXPECT_THAT(text, HasSubstr("disk:    at most " + format_bytes(plan.disk_bytes) + "\n"));
  EXPECT_THAT(text, HasSubstr("reading: every image once, whole (1 pass)\n"));
  EXPECT_THAT(text, HasSubstr("results: in no-such-folder: a.ome.zarr, frames.csv\n"));
}

TEST(PlanSummary, TellsHowOftenImagesAreReadAndInWhatPieces) {
  EXPECT_THAT(plan_summary(planned(movie(9, 64, "c: 2, ") + kMean + kSaveLast), ""),
              HasSubstr("reading: every image twice, whole (2 passes): some steps need"));
  PlanOptions options;
  options.tile = Region::whole({16, 64});
  EXPECT_THAT(plan_summary(planned(movie(9) + kSaveLast, options), ""),
              HasSubstr("reading: in 4 bands of at most 16 rows, one after the other, each once"));
}

TEST(PlanSummary, TellsWhatGrowsWithWhatIsFound) {
  const Plan plan = planned(movie(5) +
                            "steps: [{op: threshold}, {op: label}, {op: measure, properties: "
                            "[area]}]\nsinks: [{type: table, path: a.csv}]\n");
  EXPECT_THAT(plan_summary(plan, ""),
              ContainsRegex("disk:    at most .*, and what .*a.csv takes\n"));
}

TEST(PlanDetails, TellBothWaysOfTheLesson) {
  // 1,000 colour images of 16 bit: 1000 x 1024 x 1024 x 3 x 2 bytes.
  const std::string lesson =
      movie(1000, 1024, "c: 3, ") + "steps: [{id: g, op: gaussian, sigma: 1 px}]\n" + kSaveLast;
  const Plan plan = planned(lesson);
  const std::string text = plan_details(plan);
  EXPECT_THAT(text, HasSubstr("all images of a step at once (horizontal): 6,291,456,000 bytes per "
                              "step held; one image at a time (vertical): peak " +
                              grouped(plan.peak_bytes) + " bytes\n"));
  EXPECT_LT(plan.peak_bytes, 6'291'456'000 / 4);
  EXPECT_THAT(plan_summary(plan, ""), Not(HasSubstr("horizontal")));
}

TEST(Grouped, PutsACommaBeforeEveryThreeDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
}

}  // namespace
}  // namespace parfocal
