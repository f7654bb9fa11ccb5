#include "parfocal/core/partial_source.h"

#include <gmock/gmock.h>

namespace parfocal {
namespace {

using testing::HasSubstr;

// Each item is one pixel: its own number.
class Numbers final : public Source {
 public:
  explicit Numbers(std::vector<Axis> stream, int64_t group = 1) : group_(group) {
    layout_.dtype = DType::i64;
    layout_.stream = std::move(stream);
    layout_.item = {{"y", 1, 1, "", {}}, {"x", 1, 1, "", {}}};
  }
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return 7; }
  Region block() const override { return layout_.whole_item(); }
  int64_t items_per_read() const override { return group_; }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader&) const override {
    *dst.as<int64_t>() = sequence;
    return {};
  }
  bool read_group(int64_t first, std::span<std::byte> dst,
                  std::span<FrameHeader> headers) const override {
    for (int64_t k = 0; k < std::ssize(headers); ++k)
      reinterpret_cast<int64_t*>(dst.data())[k] = first + k;
    return true;
  }
  FrameSet missing() const override {
    FrameSet set;
    set.add(3, 4);
    return set;
  }
  SourceRow row(int64_t sequence) const override { return {std::to_string(sequence), -1, ""}; }
  std::string identity() const override { return "numbers"; }

 private:
  Layout layout_;
  int64_t group_;
};

PartialSource part(std::vector<Axis> stream, const std::string& channel, int64_t limit,
                   int64_t group = 1) {
  return {std::make_unique<Numbers>(std::move(stream), group), {channel, limit}};
}

std::vector<int64_t> items_of(const Source& source) {
  std::vector<int64_t> items;
  for (int64_t s = 0; s < source.layout().stream_count(); ++s) {
    int64_t item = -1;
    FrameHeader header;
    EXPECT_TRUE(source
                    .read(s,
                          packed_view(reinterpret_cast<std::byte*>(&item), DType::i64,
                                      source.layout().whole_item()),
                          header)
                    .ok());
    EXPECT_EQ(source.row(s).file, std::to_string(item));
    items.push_back(item);
  }
  return items;
}

std::vector<int64_t> missing_of(const Source& source) {
  std::vector<int64_t> items;
  source.missing().for_each_run([&](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; ++s) items.push_back(s);
  });
  return items;
}

const Axis kTime{"t", 3, 2.5, "s", {}};
const Axis kColours{"c", 3, 1, "", {"r", "g", "b"}};
const Axis kDepth{"z", 2, 1, "", {}};

TEST(PartialSource, IsOneChannelWithoutItsAxis) {
  const auto fastest = part({kTime, kColours}, "green", 0);
  EXPECT_EQ(fastest.layout().stream, std::vector<Axis>{kTime});
  EXPECT_EQ(items_of(fastest), (std::vector<int64_t>{1, 4, 7}));
  EXPECT_EQ(missing_of(fastest), (std::vector<int64_t>{1})) << "3 to 6 are missing, 4 of these";
  const auto between = part({kTime, kColours, kDepth}, "2", 0);
  EXPECT_EQ(items_of(between), (std::vector<int64_t>{4, 5, 10, 11, 16, 17}));
  EXPECT_EQ(missing_of(between), (std::vector<int64_t>{0, 1}));
  const auto outermost = part({kColours, kDepth}, "r", 0);
  EXPECT_EQ(items_of(outermost), (std::vector<int64_t>{0, 1}));
}

TEST(PartialSource, IsTheFirstStepsOfWhatIsLeft) {
  EXPECT_EQ(items_of(part({kTime, kDepth}, "", 2)), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(missing_of(part({kTime, kDepth}, "", 2)), (std::vector<int64_t>{3}));
  EXPECT_EQ(items_of(part({kTime, kColours}, "b", 2)), (std::vector<int64_t>{2, 5}));
  EXPECT_EQ(items_of(part({kColours, kDepth}, "g", 1)), (std::vector<int64_t>{2}));
  EXPECT_EQ(items_of(part({kTime}, "", 99)).size(), 3u) << "more than there are";
  EXPECT_EQ(part({kColours}, "", 2).layout().stream[0].labels,
            (std::vector<std::string>{"r", "g"}));
}

TEST(PartialSource, KeepsGroupsThatStayWhole) {
  EXPECT_EQ(part({kTime, kColours}, "r", 0, 3).items_per_read(), 1) << "a group is of all colours";
  EXPECT_EQ(part({kTime, kColours}, "", 2, 3).items_per_read(), 3);
  const auto stacks = part({kTime, kColours, kDepth}, "g", 0, 2);
  ASSERT_EQ(stacks.items_per_read(), 2);
  std::vector<int64_t> group(2);
  std::vector<FrameHeader> headers(2);
  ASSERT_TRUE(stacks.read_group(2, std::as_writable_bytes(std::span(group)), headers));
  EXPECT_EQ(group, (std::vector<int64_t>{8, 9}));
}

TEST(PartialSource, IsAnotherInput) {
  EXPECT_EQ(part({kTime, kColours}, "g", 2).identity(), "numbers, channel 1, the first 2");
}

TEST(PartialSource, NamesTheChannelsThereAre) {
  const auto failure = [](std::vector<Axis> stream, const std::string& channel) -> std::string {
    try {
      part(std::move(stream), channel, 0);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(failure({kTime, kColours}, "DAPI"), HasSubstr("one of r, g, b"));
  EXPECT_THAT(failure({kTime, {"c", 4, 1, "", {}}}, "4"), HasSubstr("0 to 3"));
  EXPECT_THAT(failure({kTime, {"c", 3, 1, "", {"A", "B", "B"}}}, "B"),
              HasSubstr("write channel: 1 for the first of them"));
  EXPECT_THAT(failure({kTime}, "r"), HasSubstr("axis c, which the source does not have"));
}

TEST(PartKeys, AreOfEverySourceAndCheckedWithItsOwn) {
  RawValue params = RawValue::map();
  params.set("channel", RawValue::scalar("red"));
  params.set("limit", RawValue::scalar("5"));
  params.set("glob", RawValue::scalar("*.png"));
  EXPECT_EQ(part_of(params).channel, "red");
  EXPECT_EQ(part_of(params).limit, 5);
  struct Own {
    std::string glob;
  };
  SourceInfo info{"of_test", "", Parameters<Own>().add("glob", &Own::glob, ""), "", {}, {}};
  info = with_part_keys(std::move(info));
  std::vector<Issue> issues;
  EXPECT_EQ(std::any_cast<Own>(info.params.parse(params, "source", issues)).glob, "*.png");
  EXPECT_TRUE(issues.empty());
  params.set("limit", RawValue::scalar("0"));
  (void)info.params.parse(params, "source", issues);
  ASSERT_EQ(issues.size(), 1u);
  EXPECT_THAT(issues[0].str(), HasSubstr("limit"));
}

}  // namespace
}  // namespace parfocal
