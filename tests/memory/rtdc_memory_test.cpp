// What recording to and reading from .rtdc files takes, HDF5's own memory included, beside what is
// stated.

#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "counted_heap.h"
#include "parfocal/formats/common/test_support-inl.h"

namespace parfocal {
namespace {

using test::raw_map;
using test::TempDir;
using testing::HeapPeak;

// Of the test: frames, threads, small things.
constexpr int64_t kSmallThings = int64_t{128} << 10;
constexpr int64_t kFrames = 200;

struct Recorded {
  DType dtype;
  int64_t height, width;
  const char* level;
};
constexpr Recorded kAll[] = {{DType::u8, 80, 400, "5"},
                             {DType::u8, 80, 400, "0"},
                             {DType::u16, 512, 512, "1"},
                             {DType::u8, 20, 30, "5"},
                             {DType::u16, 256, 333, "19"}};

Layout layout_of(const Recorded& recorded) {
  return test::make_layout(recorded.dtype, {{"t", kFrames}},
                           {{"y", recorded.height}, {"x", recorded.width}});
}

std::unique_ptr<Sink> sink_of(const TempDir& dir, const Recorded& recorded, int threads) {
  return test::make_sink("rtdc", raw_map({{"path", "a.rtdc"}, {"zstd_level", recorded.level}}),
                         {{"from", "source", "0", {PortKind::image, layout_of(recorded), {}}, {}}},
                         {dir.path(), "{}", {}, dir.path(), threads});
}

void write_all(Sink& sink, const Layout& layout) {
  std::vector<std::byte> pixels(static_cast<size_t>(layout.item_bytes()));
  std::mt19937 random(1);
  for (std::byte& b : pixels) b = static_cast<std::byte>(random() % 50);
  for (int64_t f = 0; f < layout.stream[0].size; ++f) {
    pixels[static_cast<size_t>(f)] = static_cast<std::byte>(f);
    const FrameHeader header = test::header_of(layout, f);
    const Input in{&header,
                   nullptr,
                   packed_view<const std::byte>(pixels.data(), layout.dtype, layout.whole_item()),
                   {}};
    ASSERT_TRUE(sink.write(std::span(&in, 1)).ok());
  }
}

class RtdcMemory : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::heap_is_counted()) GTEST_SKIP() << "sanitizers have a heap of their own";
    if (!sinks().find("rtdc")) GTEST_SKIP() << "built without HDF5";
  }
};

TEST_F(RtdcMemory, RecordingStaysWithinWhatIsStated) {
  for (const Recorded& recorded : kAll)
    for (const int threads : {1, 2, 4}) {
      const Layout layout = layout_of(recorded);
      TempDir dir;
      const HeapPeak peak;
      const auto sink = sink_of(dir, recorded, threads);
      sink->open();
      write_all(*sink, layout);
      ASSERT_TRUE(sink->close({}).ok());
      EXPECT_LE(peak.bytes(), sink->resident_bytes() + layout.item_bytes() + kSmallThings)
          << recorded.height << " x " << recorded.width << ", level " << recorded.level << ", "
          << threads << " threads";
    }
}

TEST_F(RtdcMemory, ReadingStaysWithinWhatIsStated) {
  for (const Recorded& recorded : kAll) {
    const Layout layout = layout_of(recorded);
    TempDir dir;
    const auto sink = sink_of(dir, recorded, 1);
    sink->open();
    write_all(*sink, layout);
    ASSERT_TRUE(sink->close({}).ok());
    for (const int threads : {1, 4}) {
      const auto source = test::open_source("rtdc", raw_map({{"path", "a.rtdc"}}), dir.path());
      const HeapPeak peak;
      {
        std::vector<std::jthread> readers;
        for (int k = 0; k < threads; ++k)
          readers.emplace_back([&, k] {
            std::vector<std::byte> pixels(static_cast<size_t>(layout.item_bytes()));
            FrameHeader header;
            for (int64_t i = 0; i < kFrames; ++i)
              ASSERT_TRUE(source
                              ->read(i * (2 * k + 1) % kFrames,
                                     packed_view(pixels.data(), layout.dtype, layout.whole_item()),
                                     header)
                              .ok());
          });
      }
      EXPECT_LE(peak.bytes(), threads * (source->read_bytes() + layout.item_bytes()) + kSmallThings)
          << recorded.height << " x " << recorded.width << ", level " << recorded.level << ", "
          << threads << " threads";
    }
  }
}

}  // namespace
}  // namespace parfocal
