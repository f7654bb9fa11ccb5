#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "parfocal/core/error.h"
#include "parfocal/graph/graph_json.h"
#include "parfocal/planner/picked_source.h"

namespace parfocal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// t=3 c=2 | y=1 x=1, each pixel the number of its item; item 5 is missing.
class Numbers : public Source {
 public:
  Numbers() {
    layout_.stream = {{"t", 3, 1, "", {}}, {"c", 2, 1, "", {"DAPI", "GFP"}}};
    layout_.item = {{"y", 1, 1, "", {}}, {"x", 1, 1, "", {}}};
  }
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return 7; }
  Region block() const override { return layout_.whole_item(); }
  int64_t items_per_read() const override { return 2; }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader&) const override {
    *dst.as<uint8_t>() = static_cast<uint8_t>(sequence);
    return {};
  }
  FrameSet missing() const override {
    FrameSet set;
    set.add(5);
    return set;
  }
  SourceRow row(int64_t sequence) const override { return {std::to_string(sequence), -1, ""}; }
  std::string identity() const override { return "numbers"; }

 private:
  Layout layout_;
};

std::vector<int> items_of(const PickedSource& source) {
  std::vector<int> values;
  for (int64_t i = 0; i < source.layout().stream_count(); ++i) {
    std::byte pixel{};
    FrameHeader header;
    EXPECT_TRUE(
        source.read(i, packed_view(&pixel, DType::u8, source.layout().whole_item()), header).ok());
    values.push_back(static_cast<int>(pixel));
    EXPECT_EQ(source.row(i).file, std::to_string(values.back()));
  }
  return values;
}

TEST(PickedSource, GivesTheItemsOfTheStepsThatWerePicked) {
  EXPECT_THAT(items_of({std::make_unique<Numbers>(), {{"t", 1}}}), ElementsAre(2, 3));
  EXPECT_THAT(items_of({std::make_unique<Numbers>(), {{"c", 1}}}), ElementsAre(1, 3, 5));
  EXPECT_THAT(items_of({std::make_unique<Numbers>(), {{"c", 0}, {"t", 2}}}), ElementsAre(4));
  EXPECT_THAT(items_of({std::make_unique<Numbers>(), {}}), ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(PickedSource, TellsOfItselfThatItIsAPart) {
  const PickedSource source(std::make_unique<Numbers>(), {{"c", 1}});
  EXPECT_EQ(source.layout().str().find("c=2"), std::string::npos);
  EXPECT_THAT(source.layout().stream[1].labels, ElementsAre("GFP"));
  EXPECT_EQ(source.identity(), "numbers at c=1");
  EXPECT_EQ(source.items_per_read(), 1);
  EXPECT_EQ(source.read_bytes(), 7);
  EXPECT_EQ(source.missing().count(), 1);
  EXPECT_TRUE(source.missing().has(2));
  EXPECT_TRUE(PickedSource(std::make_unique<Numbers>(), {{"t", 0}}).missing().empty());
}

TEST(PickedSource, RefusesStepsThatAreNotThere) {
  for (const auto& [axis, step] : {std::pair{"t", 3}, {"t", -1}, {"z", 0}}) {
    try {
      PickedSource(std::make_unique<Numbers>(), {{axis, step}});
      FAIL() << axis << step;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(axis));
    }
  }
}

TEST(PickedSource, StaysInThePlanAsJson) {
  Pipeline pipeline;
  pipeline.source.type = "generator";
  pipeline.source.picked = {{"t", 3}, {"c", 0}};
  const auto json = pipeline_to_json(pipeline);
  EXPECT_EQ(pipeline_from_json(json).source.picked, pipeline.source.picked);
}

}  // namespace
}  // namespace parfocal
