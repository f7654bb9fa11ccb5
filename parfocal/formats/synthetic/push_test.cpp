#include <condition_variable>
#include <mutex>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/synthetic/push_source.h"

namespace parfocal {
namespace {

using test::Image;

RawValue push_of(const std::string& frames, const RawValue& options) {
  RawValue inner = test::raw_map({{"type", "generator"}, {"kind", "sequence"}, {"dtype", "u16"}});
  inner.set("size", test::raw_map({{"t", frames}, {"y", "8"}, {"x", "9"}}));
  RawValue params = options;
  params.set("of", inner);
  return params;
}
std::unique_ptr<LiveSource> open_live(const RawValue& params) {
  const SourceInfo& info = *sources().find("push");
  return info.open_live(test::parsed(info.params, params), {});
}
struct Taker {
  LiveSource& source;
  Image image{DType::u16, Region::whole({8, 9})};
  FrameHeader header{};
  Pop pop(std::stop_token stop = {}) { return source.pop(image.view(), header, std::move(stop)); }
};

TEST(Push, DeliversEveryFrameInOrderWhenItMayWait) {
  const auto camera =
      open_live(push_of("500", test::raw_map({{"overflow", "wait"}, {"ring", "3"}})));
  EXPECT_EQ(camera->layout().stream_count(), 500);
  camera->start();
  Taker taker{*camera};
  for (int64_t k = 0; k < 500; ++k) {
    ASSERT_EQ(taker.pop(), Pop::frame);
    ASSERT_EQ(taker.header.sequence, k);
    ASSERT_EQ(taker.header.coordinates[0], k);
    ASSERT_EQ(taker.image.view().as<uint16_t>()[71], k);
  }
  EXPECT_EQ(taker.pop(), Pop::end);
  EXPECT_EQ(taker.pop(), Pop::end);
}

TEST(Push, LosesExactlyWhatDoesNotFitTheRing) {
  const auto camera = open_live(push_of("100", test::raw_map({{"ring", "7"}})));
  auto& push = dynamic_cast<PushSource&>(*camera);
  push.start();
  push.wait_until_produced();  // nobody takes: the first 7 stay, 93 are lost
  Taker taker{*camera};
  for (int64_t k = 0; k < 7; ++k) {
    ASSERT_EQ(taker.pop(), Pop::frame);
    EXPECT_EQ(taker.header.sequence, k);
    EXPECT_EQ(taker.image.view().as<uint16_t>()[0], k);
  }
  EXPECT_EQ(taker.pop(), Pop::end);
}

TEST(Push, KeepsItsRate) {
  const auto camera = open_live(push_of("21", test::raw_map({{"fps", "200"}, {"jitter_ms", "1"}})));
  const auto begin = std::chrono::steady_clock::now();
  camera->start();
  Taker taker{*camera};
  while (taker.pop() == Pop::frame) {
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100));
}

TEST(Push, RepeatsItsFrames) {
  const auto camera = open_live(push_of("4", test::raw_map({{"repeat", "3"}, {"ring", "12"}})));
  EXPECT_EQ(camera->layout().stream_count(), 12);
  camera->start();
  Taker taker{*camera};
  for (int64_t k = 0; k < 12; ++k) {
    ASSERT_EQ(taker.pop(), Pop::frame);
    EXPECT_EQ(taker.header.coordinates[0], k);
    EXPECT_EQ(taker.image.view().as<uint16_t>()[0], k % 4);
  }
  EXPECT_EQ(taker.pop(), Pop::end);
}

TEST(Push, StopsWaitingPopsAndItsThreadAtOnce) {
  const auto camera = open_live(push_of("100", test::raw_map({{"fps", "0.001"}})));
  camera->start();
  Taker taker{*camera};
  ASSERT_EQ(taker.pop(), Pop::frame);
  std::stop_source stop;
  std::jthread later([&] { stop.request_stop(); });
  EXPECT_EQ(taker.pop(stop.get_token()), Pop::stopped);
  camera->stop();
  EXPECT_EQ(taker.pop(), Pop::end);
}

TEST(Push, StopsWhileItWaitsForRoom) {
  const auto camera =
      open_live(push_of("100", test::raw_map({{"overflow", "wait"}, {"ring", "2"}})));
  camera->start();
  camera->stop();
}

TEST(Push, ChecksTheInnerDescription) {
  RawValue bad = RawValue::map();
  EXPECT_THROW(open_live(bad), Error);
  bad.set("of", test::raw_map({{"type", "push"}}));
  EXPECT_THROW(open_live(bad), Error);
  bad.set("of", test::raw_map({{"type", "generator"}, {"sed", "3"}}));
  EXPECT_THROW(open_live(bad), Error);
  const auto camera = open_live(push_of("5", test::raw_map({{"unbounded", "true"}})));
  EXPECT_EQ(camera->layout().stream_count(), kUnbounded);
  EXPECT_GE(camera->ring_bytes(), 64 * 8 * 9 * 2);
}

}  // namespace
}  // namespace parfocal
