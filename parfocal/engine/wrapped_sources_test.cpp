#include <gtest/gtest.h>

#include "parfocal/engine/recording.h"
#include "parfocal/engine/rest.h"

namespace parfocal::engine {
namespace {

// Says something of its own wherever Source has a default.
class Telling final : public Source {
 public:
  Telling() {
    layout_.stream = {{"t", 6, 1, "", {}}};
    layout_.item = {{"y", 2, 1, "", {}}, {"x", 3, 1, "", {}}};
  }
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return 11; }
  Region block() const override { return Region::whole({1, 3}); }
  int64_t items_per_read() const override { return 3; }
  Status read(int64_t sequence, const MutableView&, FrameHeader&) const override {
    return Status::fail("item " + std::to_string(sequence));
  }
  bool read_group(int64_t, std::span<std::byte>, std::span<FrameHeader>) const override {
    return true;
  }
  Layout open_port(size_t) override { return layout_; }
  Status read_port(size_t port, int64_t sequence, const MutableView&) const override {
    return Status::fail("port " + std::to_string(port) + " of item " + std::to_string(sequence));
  }
  FrameSet missing() const override {
    FrameSet missing;
    missing.add(4);
    return missing;
  }
  SourceRow row(int64_t sequence) const override { return {"a.tif", sequence, ""}; }
  std::string identity() const override { return "telling"; }
  Status unchanged() const override { return Status::fail("it was replaced"); }
  std::vector<std::string> notices() const override { return {"a guess"}; }

 private:
  Layout layout_;
};

class NoFaults final : public Faults {
 public:
  Gap item_failed(const NodePlan&, int64_t, const Issue&) override { return {}; }
  std::optional<Gap> failed_before(const NodePlan&, int64_t) const override { return {}; }
  void notice(const NodePlan&, std::string) override {}
  void frames_lost(int64_t, int64_t) override {}
  void run_failed(ErrorCode, Issue) override {}
  bool running() const override { return true; }
};

void expect_told(Source& source, int64_t missing) {
  EXPECT_EQ(source.read_bytes(), 11);
  EXPECT_EQ(source.block(), Region::whole({1, 3}));
  EXPECT_EQ(source.items_per_read(), 3);
  EXPECT_EQ(source.open_port(1).stream.size(), 1u);
  EXPECT_TRUE(source.missing().has(missing));
  EXPECT_EQ(source.row(0).file, "a.tif");
  EXPECT_EQ(source.identity(), "telling");
  EXPECT_FALSE(source.unchanged().ok());
  EXPECT_EQ(source.notices(), std::vector<std::string>{"a guess"});
}

TEST(WrappedSources, TheRestOfARunSaysAllThatItsSourceSays) {
  Telling source;
  const Plan plan;
  NoFaults faults;
  const RunEnds ends(plan, faults);
  Rest rest(source, ends);
  expect_told(rest, 4);
  EXPECT_EQ(rest.row(5).page, 5);
}

TEST(WrappedSources, ARecordingSaysAllThatItsFileSays) {
  Recording recording(std::make_unique<Telling>(), {{1, 2}});
  EXPECT_EQ(recording.layout().stream_count(), 8);
  expect_told(recording, 6);
  EXPECT_FALSE(recording.missing().has(4));
  EXPECT_EQ(recording.row(5).page, 3);
  EXPECT_EQ(recording.row(1).file, "") << "lost";
  FrameHeader header;
  EXPECT_EQ(recording.read(5, {}, header).issue().what, "item 3");
  EXPECT_EQ(recording.read_port(1, 0, {}).issue().what, "port 1 of item 0");
  for (const int64_t lost : {1, 2}) {
    EXPECT_NE(recording.read_port(1, lost, {}).issue().what.find("lost"), std::string::npos);
    EXPECT_TRUE(recording.missing().has(lost));
  }
}

}  // namespace
}  // namespace parfocal::engine
