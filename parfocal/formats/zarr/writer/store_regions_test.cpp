#include <gtest/gtest.h>

#include "parfocal/formats/zarr/writer/recover.h"
#include "parfocal/formats/zarr/writer/store_writer.h"
#include "parfocal/formats/zarr/writer/test_columns-inl.h"
#include "parfocal/formats/zarr/writer/test_spec-inl.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kHeight = 50, kWidth = 40, kFrames = 6;

class StoreRegions : public testing::Test {
 protected:
  static StoreSpec spec(std::vector<int64_t> chunk, std::vector<int64_t> shard, int levels) {
    ImageSpec image = test::make_image("", "tyx", {kFrames, kHeight, kWidth}, DType::u16);
    image.chunk = std::move(chunk);
    image.shard = std::move(shard);
    image.levels = levels;
    return test::make_store({image});
  }
  static StoreOptions options() {
    StoreOptions options;
    options.regions = true;
    return options;
  }
  /// A band of rows of a frame; the ticket of the last one.
  static int64_t append(StoreWriter& writer, int64_t frame, int64_t y, int64_t rows) {
    std::vector<uint16_t> pixels(static_cast<size_t>(rows * kWidth));
    for (int64_t i = 0; i < rows * kWidth; ++i)
      pixels[static_cast<size_t>(i)] = pixel(frame, y + i / kWidth, i % kWidth);
    Region region = Region::whole({rows, kWidth});
    region.origin[0] = y;
    int64_t ticket = -1;
    const auto* data = reinterpret_cast<const std::byte*>(pixels.data());
    EXPECT_TRUE(
        writer.append_region(0, frame, packed_view(data, DType::u16, region), {}, ticket).ok());
    return ticket;
  }
  static uint16_t pixel(int64_t frame, int64_t y, int64_t x) {
    return static_cast<uint16_t>(1 + frame * 7001 + y * 131 + x * 3);
  }
  static std::vector<uint16_t> level(const fs::path& root, int number) {
    return test::read_array<uint16_t>(root, std::to_string(number));
  }

  const test::TempDir temporary_;
  const fs::path folder_ = temporary_.path() / "store";
};

TEST_F(StoreRegions, FramesThatAreWholeSurviveAKillAndOthersAreMissing) {
  const StoreSpec layouts[] = {spec({1, 16, 16}, {2, 32, 32}, 3), spec({1, 50, 40}, {1, 50, 40}, 1),
                               spec({4, 16, 40}, {4, 64, 40}, 2), spec({1, 25, 40}, {}, 1)};
  for (const StoreSpec& layout : layouts) {
    fs::remove_all(folder_);
    auto writer = StoreWriter::create(folder_, layout, options());
    for (const int64_t y : {0, 20})
      for (int64_t f = 0; f < kFrames; ++f) EXPECT_EQ(append(*writer, f, y, 20), -1);
    int64_t ticket = -1;
    for (const int64_t f : {0, 1, 3}) ticket = append(*writer, f, 40, 10);
    ASSERT_TRUE(writer->wait(ticket).ok());
    EXPECT_TRUE(fs::exists(folder_ / "__parfocal/a0.regions"));
    writer.reset();
    RecoverReport report;
    ASSERT_TRUE(recover_store(folder_, report).ok());
    EXPECT_FALSE(fs::exists(folder_ / "__parfocal/a0.regions"));
    EXPECT_EQ(report.images[0].frames, 3);
    const std::vector<uint16_t> pixels = level(folder_, 0);
    for (int64_t i = 0; i < std::ssize(pixels); ++i) {
      const int64_t f = i / (kHeight * kWidth), y = i / kWidth % kHeight;
      const bool there = f != 2 && f < 4;
      ASSERT_EQ(pixels[static_cast<size_t>(i)], there ? pixel(f, y, i % kWidth) : 0) << i;
    }
  }
}

TEST_F(StoreRegions, RefusesWhatDoesNotGoTogether) {
  StoreSpec layout = spec({1, 16, 16}, {}, 2);
  layout.images[0].axes[0].name = "z";
  layout.images[0].pool_z = true;
  EXPECT_THROW((void)StoreWriter::create(folder_, layout, options()), Error);
  const auto writer = StoreWriter::create(folder_ / "a", spec({1, 16, 16}, {}, 1), {});
  std::vector<std::byte> pixels(kHeight * kWidth * 2);
  int64_t ticket = 0;
  const View plane =
      packed_view<const std::byte>(pixels.data(), DType::u16, Region::whole({kHeight, kWidth}));
  EXPECT_FALSE(writer->append_region(0, 0, plane, {}, ticket).ok());
}

}  // namespace
}  // namespace parfocal
