#include <gmock/gmock.h>

#include "parfocal/formats/hdf5/rtdc_file.h"
#include "parfocal/formats/hdf5/test_rtdc-inl.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;

class RtdcImages : public RtdcTest {
 protected:
  // Twelve backgrounds of which frame t shows t + 1; every fourth is missing.
  std::unique_ptr<Sink> fed() const {
    const Layout layout =
        test::make_layout(DType::u8, {{"t", 12}}, {{"y", kHeight}, {"x", kWidth}});
    const std::vector<LineageStep> lineage{
        {"source", "rtdc", test::raw_map({{"path", write_movie("in.rtdc", 12)}})},
        {"bg", "background_rolling_median", RawValue::map()}};
    auto sink = test::make_sink("rtdc_images", test::raw_map({{"path", "bg.rtdc"}}),
                                {{"from", "bg", "0", {PortKind::image, layout, {}}, lineage}},
                                {folder_, "{}", {}, folder_, 1});
    sink->open();
    const Gap gap{GapReason::broken, "x"};
    for (int64_t t = 0; t < 12; ++t) {
      test::Image image(DType::u8, layout.whole_item());
      std::fill(image.pixels.begin(), image.pixels.end(), std::byte(t + 1));
      const FrameHeader header = test::header_of(layout, t);
      const Input in{&header, t % 4 == 3 ? &gap : nullptr, std::as_const(image).view(), {}};
      EXPECT_TRUE(sink->write(std::span(&in, 1)).ok());
    }
    return sink;
  }
};

TEST_F(RtdcImages, OfFramesThatAreMissingAreEmptyAndTold) {
  const auto sink = fed();
  ASSERT_TRUE(sink->close({}).ok());
  const auto source = test::open_source(
      "rtdc", test::raw_map({{"path", "bg.rtdc"}, {"feature", "image_bg"}}), folder_);
  ASSERT_EQ(source->layout().stream_count(), 12);
  for (int64_t t = 0; t < 12; ++t)
    EXPECT_EQ(test::read_all(*source, t).pixels[5], std::byte(t % 4 == 3 ? 0 : t + 1)) << t;
  const auto file = RtdcFile::open(folder_ / "bg.rtdc");
  std::vector<std::string> lines;
  for (const std::string& log : file->logs())
    for (std::string& line : file->log(log)) lines.push_back(std::move(line));
  EXPECT_THAT(lines, Contains(HasSubstr("3 frames have no background: they read as 0")));
}

// What a stopped run made looks whole and is not.
TEST_F(RtdcImages, OfAStoppedRunAreNoFile) {
  const auto sink = fed();
  ASSERT_TRUE(sink->close({false, "stopped", 12}).ok());
  EXPECT_FALSE(fs::exists(folder_ / "bg.rtdc"));
  EXPECT_FALSE(fs::exists(folder_ / "bg.rtdc.part"));
  EXPECT_TRUE(sink->paths().empty());
}

}  // namespace
}  // namespace parfocal
