#include <gmock/gmock.h>

#include "parfocal/operators/conformance/recipe.h"

namespace parfocal {
namespace {

using namespace conformance;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const PortLayout kStacks = image_of(DType::u8, {{"t", 2}}, {{"z", 3}, {"y", 1}, {"x", 2}});

std::string problem(const std::string& step, const PortLayout& in) {
  try {
    run_step(step, {{in, {}}});
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Project, GivesTheLargestOfEachStackInTheItem) {
  const Stream stacks = stream_of<uint8_t>(kStacks, {{1, 9, 2, 8, 3, 7}, {0, 0, 5, 0, 0, 255}});
  const Stream out = run_step("{op: project}", {stacks})[0];
  EXPECT_EQ(out.port.layout.str(), "t=2 | y=1 x=2 uint8");
  EXPECT_THAT(pixels_of<uint8_t>(out.items[0]), ElementsAre(3, 9));
  EXPECT_THAT(pixels_of<uint8_t>(out.items[1]), ElementsAre(5, 255));
}

TEST(Project, TakesEveryStatistic) {
  const Stream stacks = stream_of<uint8_t>(kStacks, {{1, 9, 2, 8, 6, 4}, {0, 0, 0, 0, 0, 0}});
  const auto first = [&](const std::string& how) {
    return run_step("{op: project, axis: z, how: " + how + "}", {stacks})[0].items[0];
  };
  EXPECT_THAT(pixels_of<double>(first("mean")), ElementsAre(3, 7));
  EXPECT_THAT(pixels_of<uint64_t>(first("sum")), ElementsAre(9, 21));
  EXPECT_THAT(pixels_of<uint8_t>(first("min")), ElementsAre(1, 4));
  EXPECT_THAT(pixels_of<double>(first("var")), ElementsAre(14.0 / 3, 14.0 / 3));
}

// A stack that comes plane by plane and one that comes whole give the same bytes.
TEST(Project, IsTheSameAlongTheStreamAndInsideTheItem) {
  std::vector<std::vector<float>> planes;
  std::vector<float> whole;
  for (int z = 0; z < 150; ++z) {
    planes.push_back({0.1F * static_cast<float>(z), 1.0F / static_cast<float>(1 + z)});
    whole.insert(whole.end(), planes.back().begin(), planes.back().end());
  }
  const Stream inside =
      stream_of<float>(image_of(DType::f32, {{"t", 1}}, {{"z", 150}, {"y", 1}, {"x", 2}}), {whole});
  const Stream along =
      stream_of<float>(image_of(DType::f32, {{"z", 150}}, {{"y", 1}, {"x", 2}}), planes);
  for (const std::string how : {"mean", "sum", "std", "max"}) {
    const std::string step = "{op: project, axis: z, how: " + how + "}";
    EXPECT_EQ(pixels_of<float>(run_step(step, {inside})[0].items[0]),
              pixels_of<float>(run_step(step, {along})[0].items[0]))
        << how;
  }
}

TEST(Project, SaysWhatIsWrong) {
  const PortLayout plane = image_of(DType::u8, {{"t", 2}}, {{"y", 1}, {"x", 2}});
  EXPECT_THAT(problem("{op: project}", plane), HasSubstr("there is no axis z"));
  EXPECT_THAT(problem("{op: project, axis: x}", plane), HasSubstr("{op: reduce, over: [y, x]"));
}

}  // namespace
}  // namespace parfocal
