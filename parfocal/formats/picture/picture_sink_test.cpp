#include <gmock/gmock.h>

#include <algorithm>

#include "parfocal/formats/common/test_file_limit-inl.h"
#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/picture/drawing/label_drawing.h"
#include "parfocal/formats/picture/picture_panels.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using test::Image;
using test::make_layout;
using test::make_sink;
using test::raw_map;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;

RawValue numbers(std::initializer_list<const char*> texts) {
  std::vector<RawValue> items;
  for (const char* text : texts) items.push_back(RawValue::scalar(text));
  return RawValue::list(items);
}

/// Feeds items to a sink `picture` of one image and, if they are given, of label images.
class PictureSink : public testing::Test {
 protected:
  void open(RawValue params, Layout image, std::optional<Layout> labels = std::nullopt,
            const std::string& op = "gaussian") {
    if (!params.find("path")) params.set("path", RawValue::scalar("p"));
    if (!params.find("zoom")) params.set("zoom", RawValue::scalar("1"));
    layout_ = image;
    const std::vector<LineageStep> lineage = {{"source", "files", {}}, {"step", op, {}}};
    std::vector<SinkInput> inputs = {
        {"from", "step", "out", {PortKind::image, image, {}}, lineage}};
    if (labels) inputs.push_back({"labels.cells", "cells", "out", {PortKind::image, *labels, {}}});
    sink_ = make_sink("picture", params, inputs, {dir_.path(), R"({"pipeline": "µ"})", {}});
    sink_->open();
  }
  template <class T>
  Status feed(int64_t sequence, const std::vector<T>& pixels,
              const std::vector<uint16_t>& labels = {}) {
    const FrameHeader header = test::header_of(layout_, sequence);
    const Region whole = layout_.whole_item();
    const std::vector<Input> in = {{&header, nullptr, view_of(pixels, whole), {}},
                                   {&header, nullptr, view_of(labels, whole), {}}};
    return sink_->write(std::span(in.data(), labels.empty() ? 1u : 2u));
  }
  Status feed_gap(int64_t sequence, GapReason reason) {
    const FrameHeader header = test::header_of(layout_, sequence);
    const Gap gap{reason, "x"};
    const Input in{&header, &gap, {}, {}};
    return sink_->write(std::span(&in, 1));
  }
  template <class T>
  static View view_of(const std::vector<T>& pixels, const Region& whole) {
    return packed_view(reinterpret_cast<const std::byte*>(pixels.data()), dtype_of<T>(), whole);
  }
  Canvas picture(const std::string& name) {
    Canvas canvas;
    const Status s = read_picture(dir_ / name, canvas);
    EXPECT_TRUE(s.ok()) << (s.ok() ? "" : s.issue().str());
    return canvas;
  }
  std::vector<int> greys(const std::string& name) {
    const Canvas canvas = picture(name);
    EXPECT_TRUE(canvas.is_grey());
    std::vector<int> values;
    for (int64_t y = 0; y < canvas.height(); ++y)
      for (int64_t x = 0; x < canvas.width(); ++x) values.push_back(canvas.at(y, x).red);
    return values;
  }
  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir_ / "p"))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string refusal(RawValue params, const Layout& image,
                      std::optional<Layout> labels = std::nullopt) {
    try {
      open(std::move(params), image, std::move(labels));
    } catch (const Error& error) {
      return error.issues()[0].str();
    }
    return "";
  }

  TempDir dir_;
  Layout layout_;
  std::unique_ptr<Sink> sink_;
};

TEST_F(PictureSink, NamesPicturesByCoordinatesAndTakesAGivenWindow) {
  RawValue params = RawValue::map();
  params.set("window", numbers({"100", "355"}));
  open(params, make_layout(DType::u16, {{"t", 101}, {"c", 2}}, {{"y", 1}, {"x", 3}}));
  ASSERT_TRUE(feed<uint16_t>(0, {0, 110, 60000}).ok());
  ASSERT_TRUE(feed<uint16_t>(1, {100, 227, 354}).ok());
  ASSERT_TRUE(feed<uint16_t>(200, {355, 101, 99}).ok());
  ASSERT_TRUE(sink_->close({}).ok());
  EXPECT_THAT(files(), ElementsAre("t000_c0.png", "t000_c1.png", "t100_c0.png"));
  EXPECT_THAT(greys("p/t000_c0.png"), ElementsAre(0, 10, 255));
  EXPECT_THAT(greys("p/t000_c1.png"), ElementsAre(0, 127, 254));
  EXPECT_THAT(greys("p/t100_c0.png"), ElementsAre(255, 1, 0));
}

TEST_F(PictureSink, TakesPercentilesOfEachItem) {
  RawValue params = RawValue::map(), window = RawValue::map();
  window.set("percentiles", numbers({"0", "100"}));
  params.set("window", window);
  open(params, make_layout(DType::f32, {{"t", 2}}, {{"y", 1}, {"x", 3}}));
  ASSERT_TRUE(feed<float>(0, {-1, 0, 1}).ok());
  ASSERT_TRUE(feed<float>(1, {NAN, 10, 20}).ok());
  EXPECT_THAT(greys("p/t0.png"), ElementsAre(0, 128, 255));
  EXPECT_THAT(greys("p/t1.png"), ElementsAre(0, 0, 255));
}

TEST_F(PictureSink, MasksAreBlackAndWhite) {
  open(raw_map({{"path", "m.png"}}), make_layout(DType::boolean, {}, {{"y", 1}, {"x", 2}}));
  const bool pixels[] = {false, true};
  const FrameHeader header;
  const Input in{
      &header,
      nullptr,
      packed_view(reinterpret_cast<const std::byte*>(pixels), DType::boolean, layout_.whole_item()),
      {}};
  ASSERT_TRUE(sink_->write(std::span(&in, 1)).ok());
  EXPECT_THAT(greys("m.png"), ElementsAre(0, 255));
}

TEST_F(PictureSink, LabelsHaveTheirColoursOnBlack) {
  open(raw_map({}), make_layout(DType::u32, {{"t", 1}}, {{"y", 1}, {"x", 3}}), {}, "label");
  ASSERT_TRUE(feed<uint32_t>(0, {0, 1, 70000}).ok());
  const Canvas canvas = picture("p/t0.png");
  EXPECT_EQ(canvas.at(0, 0), kBlack);
  EXPECT_EQ(canvas.at(0, 1), label_colour(1));
  EXPECT_EQ(canvas.at(0, 2), label_colour(70000));
}

TEST_F(PictureSink, DrawsOutlinesOrFillsUponTheImage) {
  const std::vector<uint8_t> pixels(9, 255);
  const std::vector<uint16_t> objects(9, 5);
  const Layout image = make_layout(DType::u8, {{"t", 1}}, {{"y", 3}, {"x", 3}});
  const Layout labels = make_layout(DType::u16, {{"t", 1}}, {{"y", 3}, {"x", 3}});
  for (const std::string draw : {"outlines", "fill", "none"}) {
    RawValue params = raw_map({{"path", draw}, {"draw", draw}});
    params.set("window", numbers({"0", "255"}));
    open(params, image, labels);
    std::vector<uint16_t> one = objects;
    one[0] = 0;
    ASSERT_TRUE(feed(0, pixels, one).ok());
    const Canvas canvas = picture(draw + "/t0.png");
    const Colour colour = label_colour(5);
    const auto half = [](int part) { return static_cast<uint8_t>((part + 256) / 2); };
    EXPECT_EQ(canvas.at(0, 0), kWhite);
    EXPECT_EQ(canvas.at(0, 1),
              draw == "outlines" ? colour
              : draw == "fill"   ? (Colour{half(colour.red), half(colour.green), half(colour.blue)})
                                 : kWhite);
    EXPECT_EQ(canvas.at(2, 2) == kWhite, draw != "fill");
  }
}

TEST_F(PictureSink, LaysChannelsOverEachOtherInTheirColours) {
  Layout layout = make_layout(DType::u16, {{"t", 2}, {"c", 3}}, {{"y", 1}, {"x", 2}});
  layout.stream[1].labels = {"DAPI", "GFP", "empty"};
  RawValue params = RawValue::map();
  params.set("channels", raw_map({{"dapi", "blue"}, {"1", "yellow"}}));
  params.set("window", numbers({"0", "255"}));
  open(params, layout);
  ASSERT_TRUE(feed<uint16_t>(0, {10, 200}).ok());
  ASSERT_TRUE(feed<uint16_t>(1, {0, 255}).ok());
  ASSERT_TRUE(feed<uint16_t>(2, {255, 255}).ok());
  ASSERT_TRUE(feed<uint16_t>(3, {10, 200}).ok());
  ASSERT_TRUE(feed_gap(4, GapReason::broken).ok());
  ASSERT_TRUE(feed<uint16_t>(5, {10, 200}).ok());
  EXPECT_THAT(files(), ElementsAre("t0.png", "t1.png"));
  const Canvas canvas = picture("p/t0.png");
  EXPECT_EQ(canvas.at(0, 0), (Colour{0, 0, 10}));
  EXPECT_EQ(canvas.at(0, 1), (Colour{255, 255, 200}));
  EXPECT_EQ(picture("p/t1.png").at(0, 0), kGrey);
}

TEST_F(PictureSink, PhotosKeepTheirColours) {
  Layout layout = make_layout(DType::u8, {{"c", 4}}, {{"y", 1}, {"x", 1}});
  layout.stream[0].labels = {"r", "g", "b", "a"};
  open(raw_map({{"path", "photo.png"}}), layout);
  for (const uint8_t c : {0, 1, 2, 3})
    ASSERT_TRUE(feed<uint8_t>(c, {static_cast<uint8_t>(50 + 10 * c)}).ok());
  EXPECT_EQ(picture("photo.png").at(0, 0), (Colour{50, 60, 70}));
}

TEST_F(PictureSink, PhotosOf16BitsHaveOneWindowForAllColours) {
  Layout layout = make_layout(DType::u16, {{"c", 3}}, {{"y", 1}, {"x", 2}});
  layout.stream[0].labels = {"r", "g", "b"};
  RawValue params = raw_map({{"path", "photo.png"}}), window = RawValue::map();
  window.set("percentiles", numbers({"0", "100"}));
  params.set("window", window);
  open(params, layout);
  ASSERT_TRUE(feed<uint16_t>(0, {1000, 1510}).ok());
  ASSERT_TRUE(feed<uint16_t>(1, {1255, 1255}).ok());
  ASSERT_TRUE(feed<uint16_t>(2, {1000, 1100}).ok());
  EXPECT_EQ(picture("photo.png").at(0, 0), (Colour{0, 128, 0}));
  EXPECT_EQ(picture("photo.png").at(0, 1), (Colour{255, 128, 50}));
}

TEST_F(PictureSink, AMissingItemIsAGreyPictureThatSaysSo) {
  open(raw_map({}), make_layout(DType::u8, {{"t", 2}}, {{"y", 40}, {"x", 60}}));
  ASSERT_TRUE(feed_gap(0, GapReason::broken).ok());
  const Canvas canvas = picture("p/t0.png");
  EXPECT_EQ(canvas.at(0, 0), kGrey);
  int64_t ink = 0;
  for (int64_t y = 0; y < 40; ++y)
    for (int64_t x = 0; x < 60; ++x) ink += canvas.at(y, x) == kWhite;
  EXPECT_GT(ink, 100);
}

TEST_F(PictureSink, DrawsEachNthAndAtMostMaxAndSaysWhatItLeavesOut) {
  open(raw_map({{"every", "3"}, {"max", "2"}}),
       make_layout(DType::u8, {{"t", 10}}, {{"y", 1}, {"x", 1}}));
  EXPECT_THAT(sink_->notices(), ElementsAre(HasSubstr("2 of 4 pictures are left out")));
  for (int64_t k = 0; k < 10; ++k) ASSERT_TRUE(feed<uint8_t>(k, {1}).ok());
  EXPECT_THAT(files(), ElementsAre("t0.png", "t3.png"));
}

TEST_F(PictureSink, DrawsTheStepsThatAreNamed) {
  Layout layout = make_layout(DType::u8, {{"t", 3}, {"c", 2}}, {{"y", 1}, {"x", 1}});
  layout.stream[1].labels = {"DAPI", "GFP"};
  RawValue params = raw_map({{"path", "one.png"}});
  params.set("at", raw_map({{"t", "2"}, {"c", "gfp"}}));
  params.set("window", numbers({"0", "255"}));
  open(params, layout);
  for (uint8_t k = 0; k < 6; ++k) ASSERT_TRUE(feed<uint8_t>(k, {k}).ok());
  EXPECT_THAT(greys("one.png"), ElementsAre(5));
}

TEST_F(PictureSink, DrawsEachPlaneOfAnItem) {
  RawValue params = RawValue::map();
  params.set("window", numbers({"0", "255"}));
  open(params, make_layout(DType::u8, {{"t", 1}}, {{"z", 2}, {"y", 1}, {"x", 2}}));
  ASSERT_TRUE(feed<uint8_t>(0, {1, 2, 3, 4}).ok());
  EXPECT_THAT(files(), ElementsAre("t0_z0.png", "t0_z1.png"));
  EXPECT_THAT(greys("p/t0_z1.png"), ElementsAre(3, 4));
}

TEST_F(PictureSink, SmallImagesAreEnlarged) {
  open(raw_map({{"zoom", "auto"}}), make_layout(DType::u8, {{"t", 1}}, {{"y", 4}, {"x", 100}}));
  ASSERT_TRUE(feed<uint8_t>(0, std::vector<uint8_t>(400)).ok());
  EXPECT_EQ(picture("p/t0.png").width(), 300);
  EXPECT_EQ(picture("p/t0.png").height(), 12);
}

TEST_F(PictureSink, TakesBackWhatOthersDoNotHave) {
  open(raw_map({}), make_layout(DType::u8, {{"t", 9}}, {{"y", 1}, {"x", 1}}));
  for (int64_t k = 0; k < 5; ++k) ASSERT_TRUE(feed<uint8_t>(k, {1}).ok());
  ASSERT_TRUE(sink_->close({false, "stopped", 2}).ok());
  EXPECT_THAT(files(), ElementsAre("t0.png", "t1.png"));
}

TEST_F(PictureSink, RefusesWhatItCannotDraw) {
  const Layout image = make_layout(DType::u8, {{"t", 2}}, {{"y", 3}, {"x", 3}});
  EXPECT_THAT(refusal(raw_map({}), make_layout(DType::u8, {{"t", 2}}, {})), HasSubstr("numbers"));
  EXPECT_THAT(refusal(raw_map({{"path", "a.png"}}), image), HasSubstr("at: {t: 0}"));
  EXPECT_THAT(refusal(raw_map({{"ids", "true"}}), image), HasSubstr("labels"));
  EXPECT_THAT(refusal(raw_map({{"scale_bar", "10 um"}}), image), HasSubstr("scale"));
  EXPECT_THAT(refusal(raw_map({}), image, make_layout(DType::u8, {{"t", 2}}, {{"y", 3}, {"x", 4}})),
              HasSubstr("another size"));
  EXPECT_THAT(
      refusal(raw_map({}), image, make_layout(DType::f32, {{"t", 2}}, {{"y", 3}, {"x", 3}})),
      HasSubstr("no labels"));
  RawValue params = RawValue::map();
  params.set("channels", raw_map({{"0", "red"}}));
  EXPECT_THAT(refusal(params, image), HasSubstr("axis c"));
  params = RawValue::map();
  params.set("at", raw_map({{"t", "2"}}));
  EXPECT_THAT(refusal(params, image), HasSubstr("0..1"));
  params.set("at", raw_map({{"z", "0"}}));
  EXPECT_THAT(refusal(params, image), HasSubstr("axis 'z'"));
}

TEST_F(PictureSink, ADiskThatIsFullFailsAndLeavesNoHalfPicture) {
  open(raw_map({}), make_layout(DType::u8, {{"t", 1}}, {{"y", 100}, {"x", 100}}));
  std::vector<uint8_t> noise(10000);
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<uint8_t>(i * i * 31 >> 3);
  {
    const test::FileLimit limit(1000);
    EXPECT_FALSE(feed(0, noise).ok());
  }
  EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace parfocal
