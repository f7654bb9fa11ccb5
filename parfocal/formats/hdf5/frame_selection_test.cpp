#include "parfocal/formats/hdf5/frame_selection.h"

#include <gmock/gmock.h>

#include "parfocal/formats/hdf5/rtdc_source.h"
#include "parfocal/formats/hdf5/test_rtdc-inl.h"

namespace parfocal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::optional<FrameSelection> parsed(const RawValue& raw) {
  FrameSelection selection;
  return ParamTraits<FrameSelection>::parse(raw, selection) ? std::nullopt
                                                            : std::optional(selection);
}
FrameSelection selection(const std::string& text) { return *parsed(RawValue::scalar(text)); }
FrameSelection listed(const std::vector<std::string>& list) {
  std::vector<RawValue> items;
  for (const std::string& text : list) items.push_back(RawValue::scalar(text));
  return *parsed(RawValue::list(items));
}

TEST(FrameSelection, IsNamedAsDcnumNamesItsIndexMapping) {
  EXPECT_EQ(selection("all").id(), "0");
  EXPECT_EQ(selection("5").id(), "5");
  EXPECT_EQ(selection("3-5").id(), "3-5-n");
  EXPECT_EQ(selection("3-100-2").id(), "3-100-2");
  EXPECT_EQ(selection("n-7").id(), "n-7-n");
  EXPECT_EQ(listed({"3", "5", "6", "7"}).id(), "h-6e582938");
}

TEST(FrameSelection, ChoosesHalfOpen) {
  EXPECT_THAT(selection("all").of(3, ""), ElementsAre(0, 1, 2));
  EXPECT_THAT(selection("2").of(3, ""), ElementsAre(0, 1));
  EXPECT_THAT(selection("3-5").of(9, ""), ElementsAre(3, 4));
  EXPECT_THAT(selection("1-n-3").of(9, ""), ElementsAre(1, 4, 7));
  EXPECT_THAT(listed({"0", "8"}).of(9, ""), ElementsAre(0, 8));
  EXPECT_EQ(selection("1-n-3").frame(2), 7);
  EXPECT_EQ(listed({"0", "8"}).frame(1), 8);
}

TEST(FrameSelection, RefusesWhatIsNoSelection) {
  for (const char* text : {"", "0", "x", "-5", "3-x", "3-9-0", "1.5", "3 - 5", "1-2-3-4"})
    EXPECT_FALSE(parsed(RawValue::scalar(text))) << text;
  EXPECT_FALSE(parsed(RawValue::list({})));
  EXPECT_FALSE(parsed(RawValue::list({RawValue::scalar("3"), RawValue::scalar("3")})));
  EXPECT_FALSE(parsed(RawValue::map()));
  EXPECT_THROW((void)selection("4-9").of(8, ""), Error);
  EXPECT_THROW((void)selection("5-3").of(8, ""), Error);
  EXPECT_THROW((void)listed({"7", "8"}).of(8, ""), Error);
}

class ChosenFrames : public RtdcTest {};

TEST_F(ChosenFrames, AreReadWithTheirTimesSinceTheFirst) {
  const RtdcSource source({write_movie("a.rtdc", 10), "image", false, selection("3-9-2")}, folder_);
  EXPECT_EQ(source.layout().stream[0].size, 3);
  const TimeAxis& times = source.time_axis();
  ASSERT_EQ(times.frames, 3);
  EXPECT_THAT((std::vector{times.at(0), times.at(1), times.at(2)}), ElementsAre(0, 1, 2));
  EXPECT_THAT(source.notices(), IsEmpty());
  const auto all = frames(10);
  for (const int64_t t : {0, 2, 1}) {
    FrameHeader header;
    std::vector<uint8_t> pixels(kHeight * kWidth);
    ASSERT_TRUE(source
                    .read(t,
                          packed_view(reinterpret_cast<std::byte*>(pixels.data()), DType::u8,
                                      source.layout().whole_item()),
                          header)
                    .ok());
    EXPECT_EQ(pixels[0], all[static_cast<size_t>((3 + 2 * t) * kHeight * kWidth)]);
    EXPECT_EQ(header.time_s, static_cast<double>(t));
    EXPECT_EQ(source.row(t).page, 3 + 2 * t);
  }
  EXPECT_THAT(message(ErrorCode::invalid_pipeline,
                      [&] {
                        RtdcSource({"a.rtdc", "image", false, selection("11")}, folder_);
                      }),
              HasSubstr("0 to 9"));
}

}  // namespace
}  // namespace parfocal
