#include <gtest/gtest.h>

#include "parfocal/core/frame_set.h"
#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"

namespace parfocal {
namespace {

struct P {
  double sigma = 1;
  Length size;
  std::string how = "mean";
  std::optional<int64_t> index;
};
Parameters<P> params() {
  return Parameters<P>()
      .add("sigma", &P::sigma, "width")
      .above(0)
      .defaults("1")
      .add("size", &P::size, "side")
      .required()
      .add("how", &P::how, "which")
      .choices({"mean", "max"})
      .add("index", &P::index, "which one");
}
RawValue map_of(std::vector<std::pair<std::string, std::string>> entries) {
  RawValue m = RawValue::map();
  for (auto& [k, v] : entries) m.set(k, RawValue::scalar(v));
  return m;
}

TEST(Parameters, FillAStruct) {
  std::vector<Issue> issues;
  const auto any = params().parse(map_of({{"sigma", "2.5"}, {"size", "3 um"}, {"how", "max"}}),
                                  "step a", issues);
  ASSERT_TRUE(issues.empty());
  const P& p = std::any_cast<const P&>(any);
  EXPECT_EQ(p.sigma, 2.5);
  EXPECT_EQ(p.size, (Length{3, "um"}));
  EXPECT_EQ(p.how, "max");
  EXPECT_FALSE(p.index);
}

TEST(Parameters, ReportEveryProblemAtOnceWithACure) {
  std::vector<Issue> issues;
  params().parse(map_of({{"sgma", "2"}, {"sigma", "-1"}, {"how", "mxa"}, {"index", "x"}}), "step a",
                 issues);
  ASSERT_EQ(issues.size(), 5u);
  EXPECT_EQ(issues[0].cure, "did you mean 'sigma'?");
  EXPECT_EQ(issues[1].needed, "> 0");
  EXPECT_EQ(issues[2].cure, "did you mean 'max'?");
  EXPECT_EQ(issues[4].what, "step a needs 'size'");
  for (const Issue& issue : issues) EXPECT_FALSE(issue.cure.empty());
}

TEST(Parameters, NameOneOfTheWordsThatAreAllowed) {
  std::vector<Issue> issues;
  params().parse(map_of({{"size", "3"}, {"how", "something_else"}}), "step a", issues);
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_EQ(issues[0].cure, "write e.g. how: mean");
}

struct Many {
  std::vector<Length> sigma;
};
TEST(Parameters, CheckTheRangeOfEveryElementOfAList) {
  const auto set = Parameters<Many>().add("sigma", &Many::sigma, "widths").at_least(0);
  RawValue raw = RawValue::map();
  raw.set("sigma", RawValue::list({RawValue::scalar("1 px"), RawValue::scalar("-2 px")}));
  std::vector<Issue> issues;
  set.parse(raw, "step a", issues);
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_EQ(issues[0].needed, ">= 0, in place of -2 px");
  EXPECT_EQ(issues[0].cure, "write sigma: [1 px, 2 px]");
}

TEST(Units, ParseQuantitiesAndBytes) {
  EXPECT_EQ(parse_quantity("1.5 um")->unit, "um");
  EXPECT_EQ(parse_quantity("3")->value, 3);
  EXPECT_FALSE(parse_quantity("nan"));
  EXPECT_FALSE(parse_quantity("1 2"));
  EXPECT_EQ(parse_bytes("64MiB"), 64 << 20);
  EXPECT_EQ(parse_bytes("2 GiB"), int64_t{2} << 30);
  EXPECT_FALSE(parse_bytes("-1"));
  EXPECT_FALSE(parse_bytes("9999999999 TiB"));
  const std::pair<const char*, int64_t> sizes[] = {{"7", 7},
                                                   {"7 B", 7},
                                                   {"3 kB", 3000},
                                                   {"3 MB", 3'000'000},
                                                   {"1.5 KiB", 1536},
                                                   {"4GB", 4'000'000'000},
                                                   {"2 TB", 2'000'000'000'000},
                                                   {"1 TiB", int64_t{1} << 40}};
  for (const auto& [text, bytes] : sizes) EXPECT_EQ(parse_bytes(text), bytes) << text;
  EXPECT_DOUBLE_EQ(*unit_factor("nm", "um"), 1e-3);
  EXPECT_FALSE(unit_factor("s", "um"));
}

TEST(Views, SubviewAndCopyRoundTrip) {
  std::vector<uint16_t> a(5 * 7), b(2 * 3);
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<uint16_t>(i);
  const View whole =
      packed_view(reinterpret_cast<const std::byte*>(a.data()), DType::u16, Region::whole({5, 7}));
  Region r{2, {1, 2}, {2, 3}};
  copy_pixels(whole, packed_view(reinterpret_cast<std::byte*>(b.data()), DType::u16, r));
  EXPECT_EQ(b, (std::vector<uint16_t>{9, 10, 11, 16, 17, 18}));
}

TEST(Views, ClearingAPartLeavesThePixelsAroundIt) {
  std::vector<uint16_t> a(5 * 7, 9);
  const MutableView whole =
      packed_view(reinterpret_cast<std::byte*>(a.data()), DType::u16, Region::whole({5, 7}));
  const Region part{2, {1, 2}, {2, 3}};
  clear_pixels(subview(whole, part));
  for (int64_t y = 0; y < 5; ++y)
    for (int64_t x = 0; x < 7; ++x) {
      const bool inside = y >= 1 && y < 3 && x >= 2 && x < 5;
      EXPECT_EQ(a[static_cast<size_t>(7 * y + x)], inside ? 0 : 9) << y << " " << x;
    }
  clear_pixels(whole);
  EXPECT_EQ(a, std::vector<uint16_t>(5 * 7, 0));
}

TEST(FrameSets, AreCutInTheMiddleOfARunAndTellHowManyAreThereFromTheFirst) {
  FrameSet set;
  set.add(0, 3);
  set.add(5, 4);
  set.add(3);
  EXPECT_EQ(set.prefix(), 4);
  EXPECT_EQ(set.end(), 9);
  set.cut(7);
  EXPECT_EQ(set.count(), 6);
  EXPECT_EQ(set.end(), 7);
  set.cut(5);
  EXPECT_EQ(set.count(), 4);
  set.cut(2);
  EXPECT_EQ(set.prefix(), 2);
  set.cut(0);
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.prefix(), 0);
  set.add(1);
  EXPECT_EQ(set.prefix(), 0) << "the first lacks";
  EXPECT_EQ(set.begin(), 1);
}

TEST(Layout, CoordinatesInCOrder) {
  Layout l;
  l.stream = {{"t", kUnbounded, 1, "", {}}, {"c", 3, 1, "", {}}};
  const auto c = coordinates_of(l, 7);
  EXPECT_EQ(c[0], 2);
  EXPECT_EQ(c[1], 1);
}

TEST(Names, SuggestTheNearest) {
  EXPECT_EQ(nearest_names("gausian", {"gaussian", "label"}), std::vector<std::string>{"gaussian"});
  EXPECT_TRUE(nearest_names("zzz", {"gaussian", "label"}).empty());
}

}  // namespace
}  // namespace parfocal
