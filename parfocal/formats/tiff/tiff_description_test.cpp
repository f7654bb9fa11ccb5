#include "parfocal/formats/tiff/tiff_description.h"

#include <gmock/gmock.h>

#include <random>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/tiff/xml_tags.h"
#include "test_places.h"

namespace parfocal {
namespace {

using test::Image;
using test::make_layout;
using test::open_source;
using test::random_image;
using test::raw_map;
using test::read_all;
using test::TempDir;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> names_and_sizes(const std::vector<Axis>& axes) {
  std::vector<std::string> texts;
  for (const Axis& axis : axes) texts.push_back(axis.name + std::to_string(axis.size));
  return texts;
}
std::string ome(const std::string& pixels, const std::string& inside = "") {
  return "<?xml version=\"1.0\"?><!-- <Pixels/> --><ome:OME xmlns:ome=\"x\"><ome:Image ID='I:0'>"
         "<ome:Pixels " +
         pixels + ">" + inside + "</ome:Pixels></ome:Image></ome:OME>";
}
constexpr const char* kTcz =
    "DimensionOrder=\"XYZCT\" SizeX=\"4\" SizeY=\"3\" SizeZ=\"5\" SizeC=\"2\" SizeT=\"7\" ";

TEST(XmlTags, ComeInOrderWithTheirAttributes) {
  const std::string text =
      "<?xml v='1'?><!-- <no/> --><a:b c = 'x>y' d=\"&lt;&#181;&#xB5;&amp;&odd;\"/><![CDATA[<no>]]>"
      "</a:b><e>";
  size_t at = 0;
  XmlTag tag;
  ASSERT_TRUE(next_xml_tag(text, at, tag));
  EXPECT_EQ(tag.name, "b");
  EXPECT_EQ(tag.find("c"), "x>y");
  EXPECT_EQ(tag.find("d"), "<\xc2\xb5\xc2\xb5&&odd;");
  EXPECT_EQ(tag.find("e"), std::nullopt);
  ASSERT_TRUE(next_xml_tag(text, at, tag));
  EXPECT_EQ(tag.name, "e");
  EXPECT_FALSE(next_xml_tag(text, at, tag));
}

TEST(TiffDescription, TakesAxesScalesAndChannelsOfOmeXml) {
  const auto found =
      describe_tiff(ome(std::string(kTcz) +
                            "PhysicalSizeX=\"650\" PhysicalSizeXUnit=\"nm\" PhysicalSizeY=\"0.65\" "
                            "PhysicalSizeZ=\"2\" PhysicalSizeZUnit=\"\xc2\xb5m\" "
                            "TimeIncrement=\"500\" TimeIncrementUnit=\"ms\"",
                        "<Channel Name=\"DAPI\"/><Channel Name=\"GFP\"></Channel><TiffData/>"),
                    {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->origin, "OME-XML");
  EXPECT_THAT(names_and_sizes(found->planes), ElementsAre("t7", "c2", "z5"));
  EXPECT_EQ(found->planes[0].scale, 500);
  EXPECT_EQ(found->planes[0].unit, "ms");
  EXPECT_EQ(found->planes[2].unit, "um");
  EXPECT_THAT(found->planes[1].labels, ElementsAre("DAPI", "GFP"));
  EXPECT_EQ(found->x.scale, 650);
  EXPECT_EQ(found->x.unit, "nm");
  EXPECT_EQ(found->y.unit, "um");
  EXPECT_EQ(found->page_count(), 70);
  EXPECT_EQ(found->images, 1);
}

// "plane+count@file:page" of each run.
std::vector<std::string> runs_of(const std::string& xml) {
  auto found = describe_tiff(xml, {});
  std::vector<std::string> texts;
  for (const PlaneRun& run : found->places.runs())
    texts.push_back(std::to_string(run.plane) + "+" + std::to_string(run.count) + "@" +
                    std::to_string(run.file) + ":" + std::to_string(run.page));
  return texts;
}

TEST(TiffDescription, TakesThePlacesOfPlanes) {
  const auto of = [](const std::string& places) { return runs_of(ome(kTcz, places)); };
  EXPECT_THAT(of("<TiffData/>"), ElementsAre("0+-1@-1:0"));
  EXPECT_THAT(of("<TiffData IFD=\"0\" PlaneCount=\"70\"/>"), ElementsAre("0+70@-1:0"));
  EXPECT_THAT(of("<TiffData IFD=\"0\" NumPlanes=\"99\"/>"), ElementsAre("0+70@-1:0"));
  EXPECT_THAT(of("<TiffData IFD=\"11\" FirstT=\"1\" FirstZ=\"1\"/>"), ElementsAre("11+1@-1:11"));
  EXPECT_THAT(of("<TiffData IFD=\"11\" FirstT=\"1\"/>"), ElementsAre("10+1@-1:11"));
  EXPECT_THAT(of("<TiffData IFD=\"0\"/><TiffData IFD=\"1\" FirstZ=\"1\"/>"),
              ElementsAre("0+2@-1:0"));
  EXPECT_THAT(of("<TiffData IFD=\"0\" FirstZ=\"5\"/>"), IsEmpty());
  EXPECT_THAT(of("<TiffData IFD=\"3\"><UUID FileName=\"a\"/></TiffData>"
                 "<TiffData IFD=\"3\" FirstC=\"1\"><UUID FileName=\"b\">id</UUID></TiffData>"),
              ElementsAre("0+1@0:3", "5+1@1:3"));
}

TEST(TiffDescription, CountsThePlanesOfFurtherImagesBehindTheFirst) {
  const auto of = [](const std::string& second, int64_t image) {
    const std::string places = "<TiffData IFD=\"0\"/>";
    return describe_tiff("<OME><Image Name=\"a\"><Pixels " + std::string(kTcz) + ">" + places +
                             "</Pixels></Image><Image Name=\"b\"><Pixels " + second + ">" +
                             "<TiffData IFD=\"70\"/></Pixels></Image></OME>",
                         {}, image);
  };
  const auto both = of(kTcz, kAllImages);
  EXPECT_EQ(both->images, 2);
  EXPECT_THAT(both->image_names, ElementsAre("a", "b"));
  EXPECT_EQ(both->unequal, "");
  EXPECT_EQ(both->places.runs()[1].plane, 70);
  EXPECT_EQ(both->places.runs()[1].page, 70);
  const auto second = of(kTcz, 1);
  EXPECT_THAT(second->image_names, ElementsAre("b"));
  EXPECT_EQ(second->places.runs()[0].plane, 0);
  std::string other = kTcz;
  other.replace(other.find("SizeT=\"7\""), 9, "SizeT=\"8\"");
  EXPECT_THAT(of(other, kAllImages)->unequal, HasSubstr("image 1 is t=8"));
  EXPECT_EQ(of(other, 1)->unequal, "");
}

TEST(TiffDescription, KeepsNamesOfChannelsWhateverTheyAre) {
  const auto of = [](const std::string& channels) {
    const auto found = describe_tiff(ome("DimensionOrder=\"XYZCT\" SizeX=\"4\" SizeY=\"3\" "
                                         "SizeZ=\"1\" SizeC=\"3\" SizeT=\"1\"",
                                         channels),
                                     {});
    return found->planes[0].labels;
  };
  EXPECT_THAT(of("<Channel Name=\"a\"/><Channel/><Channel Name=\"a\"/>"),
              ElementsAre("a", "", "a"));
  EXPECT_THAT(of("<Channel Name=\"a\"/>"), ElementsAre("a", "", ""));
  EXPECT_THAT(of("<Channel/><Channel/><Channel/>"), IsEmpty());
}

TEST(TiffDescription, TakesTheHyperstackOfImageJ) {
  const auto found = describe_tiff(
      "ImageJ=1.53t\nimages=24\nchannels=2\nslices=3\nframes=4\nhyperstack=true\n"
      "unit=micron\nspacing=0.25\nfinterval=30.0\nloop=false\n",
      {2, 4});
  ASSERT_TRUE(found);
  EXPECT_THAT(names_and_sizes(found->planes), ElementsAre("t4", "z3", "c2"));
  EXPECT_EQ(found->planes[0].scale, 30);
  EXPECT_EQ(found->planes[0].unit, "s");
  EXPECT_EQ(found->planes[1].scale, 0.25);
  EXPECT_EQ(found->x.scale, 0.5);
  EXPECT_EQ(found->y.scale, 0.25);
  EXPECT_EQ(found->y.unit, "um");
  const auto from_above = describe_tiff("ImageJ=1.53t\nslices=3\nunit=um\nspacing=-0.25\n", {1, 1});
  EXPECT_EQ(from_above->planes[0].scale, 0.25) << "ImageJ drops the sign";
  const auto plain = describe_tiff("ImageJ=1.53t\nimages=9\nunit=pixel\n", {1, 1});
  EXPECT_THAT(names_and_sizes(plain->planes), ElementsAre("t9"));
  EXPECT_EQ(plain->x.unit, "");
}

TEST(TiffDescription, TakesTheSixOrdersOfImageJ) {
  const auto of = [](const std::string& order) {
    return names_and_sizes(describe_tiff("ImageJ=1.53t\nimages=24\nchannels=2\nslices=3\nframes=4\n"
                                         "order=" +
                                             order + "\n",
                                         {})
                               ->planes);
  };
  EXPECT_THAT(of("czt"), ElementsAre("t4", "z3", "c2"));
  EXPECT_THAT(of("ctz"), ElementsAre("z3", "t4", "c2"));
  EXPECT_THAT(of("zct"), ElementsAre("t4", "c2", "z3"));
  EXPECT_THAT(of("ztc"), ElementsAre("c2", "t4", "z3"));
  EXPECT_THAT(of("tcz"), ElementsAre("z3", "c2", "t4"));
  EXPECT_THAT(of("TZC"), ElementsAre("c2", "z3", "t4"));
  EXPECT_THAT(of("xyzct"), ElementsAre("t4", "c2", "z3"));
  EXPECT_THAT(of("default"), ElementsAre("t4", "z3", "c2"));
}

TEST(TiffDescription, TakesResolutionsByTheirUnit) {
  const auto of = [](const std::string& unit, int tag, double resolution) {
    return describe_tiff("ImageJ=1.53t\nimages=1\nunit=" + unit + "\n",
                         {resolution, resolution, tag})
        ->x;
  };
  const auto is = [](const Axis& axis, double scale, const std::string& unit) {
    EXPECT_DOUBLE_EQ(axis.scale, scale);
    EXPECT_EQ(axis.unit, unit);
  };
  is(of("um", 1, 4), 0.25, "um");
  is(of("cm", 1, 4), 2.5, "mm");
  is(of("cm", 3, 4), 2.5, "mm");
  is(of("inch", 2, 4), 6.35, "mm");
  is(of("um", 3, 40000), 0.25, "um");
  is(of("um", 2, 4), 0.25, "um");  // as ImageJ: per unit of the text, but for um per cm
  is(of("pixel", 3, 40000), 0.25, "um");
  is(of("pixel", 1, 4), 0.25, "");
  is(of("", 2, 72), 1, "");
}

TEST(TiffDescription, TakesShapesThatNameTheirAxes) {
  const auto found = describe_tiff(R"({"shape": [3, 5, 1, 20, 30], "axes": "TZCYX"})", {});
  EXPECT_THAT(names_and_sizes(found->planes), ElementsAre("t3", "z5"));
  EXPECT_FALSE(found->contiguous);
  EXPECT_FALSE(describe_tiff(R"({"shape": [3, 5, 20, 30]})", {}));
  EXPECT_FALSE(describe_tiff(R"({"shape": [3, 5, 20, 30], "axes": "TQYX"})", {}));
  EXPECT_FALSE(describe_tiff(R"({"shape": [3, -5, 20, 30], "axes": "TZYX"})", {}));
  EXPECT_FALSE(describe_tiff(R"({"shape": [[[)", {}));
  const auto hidden = describe_tiff(R"({"shape": [3, 5, 20, 30], "truncated": true})", {});
  EXPECT_TRUE(hidden->contiguous);
  EXPECT_EQ(hidden->origin, "");
  EXPECT_EQ(hidden->page_count(), 15);
}

TEST(TiffDescription, SaysNothingOfOtherTexts) {
  for (const char* text : {"", "{\"shape\": [2, 3]}", "<OME>", "<OME><Pixels SizeX=\"1\"/></OME>"})
    EXPECT_FALSE(describe_tiff(text, {})) << text;
  EXPECT_FALSE(describe_tiff(
      ome("DimensionOrder=\"XYZCT\" SizeZ=\"-1\" SizeC=\"2\" SizeT=\"99999999999999999999\""), {}));
}

// Any cut and any changed byte gives an answer.
TEST(TiffDescription, SurvivesDamagedTexts) {
  const std::string good =
      ome(kTcz, "<Channel Name=\"&#181;\"/><TiffData IFD=\"1\" FirstZ=\"1\"/>");
  std::mt19937 random(1);
  for (size_t i = 0; i < good.size(); ++i) {
    describe_tiff(std::string_view(good).substr(0, i), {});
    for (const char c : {'"', '<', '>', '&', '\0', '9', '\xff'}) {
      std::string bad = good;
      bad[i] = c;
      const auto found = describe_tiff(bad, {});
      EXPECT_TRUE(!found || found->page_count() >= 1);
    }
  }
}

// Writes items of `layout` by the sink and returns what axes: auto makes of the file.
std::unique_ptr<Source> round_trip(const TempDir& dir, const Layout& layout,
                                   std::vector<Image>& images, const std::string& name = "a") {
  const auto sink =
      test::make_sink("ome_tiff", raw_map({{"path", name + ".ome.tif"}}),
                      {{"from", "s", "out", {PortKind::image, layout, {}}}}, {dir.path(), "", {}});
  sink->open();
  for (int64_t k = 0; k < layout.stream_count(); ++k) {
    images.push_back(random_image(layout.dtype, layout.whole_item(), static_cast<uint32_t>(k)));
    const FrameHeader header = test::header_of(layout, k);
    const Input input{&header, nullptr, std::as_const(images.back()).view(), {}};
    EXPECT_TRUE(sink->write(std::span(&input, 1)).ok());
  }
  EXPECT_TRUE(sink->close({}).ok());
  return open_source("files", raw_map({{"glob", "*.ome.tif"}, {"axes", "auto"}}), dir.path());
}

TEST(TiffAxesAuto, ReadsBackWhatTheOmeTiffSinkWrote) {
  TempDir dir;
  Layout layout = make_layout(DType::u16, {{"t", 3}, {"c", 2}, {"z", 4}}, {{"y", 5}, {"x", 6}});
  layout.stream[0].scale = 20, layout.stream[0].unit = "ms";
  layout.stream[1].labels = {"DAPI", "\xc2\xb5 & <GFP>"};
  layout.stream[2].scale = 2, layout.stream[2].unit = "um";
  for (Axis& axis : layout.item) axis.scale = 0.65, axis.unit = "um";
  std::vector<Image> images;
  const auto source = round_trip(dir, layout, images);
  EXPECT_EQ(source->layout(), layout);
  EXPECT_THAT(source->notices(), IsEmpty());
  for (int64_t k = 0; k < 24; ++k)
    EXPECT_EQ(read_all(*source, k), images[static_cast<size_t>(k)]) << k;
}

TEST(TiffAxesAuto, RunsInTheOrderTczWhateverTheOrderOfThePages) {
  TempDir dir;
  const Layout layout =
      make_layout(DType::u8, {{"z", 3}, {"t", 2}, {"c", 4}}, {{"y", 5}, {"x", 6}});
  std::vector<Image> images;
  const auto source = round_trip(dir, layout, images);
  EXPECT_EQ(source->layout().str(), "t=2 c=4 z=3 | y=5 x=6 uint8");
  for (int64_t t = 0; t < 2; ++t)
    for (int64_t c = 0; c < 4; ++c)
      for (int64_t z = 0; z < 3; ++z)
        EXPECT_EQ(read_all(*source, (t * 4 + c) * 3 + z),
                  images[static_cast<size_t>((z * 2 + t) * 4 + c)]);
  EXPECT_EQ(source->row(1).page, 8);
}

TEST(TiffAxesAuto, FilesFollowEachOtherAlongT) {
  TempDir dir;
  const Layout layout = make_layout(DType::u8, {{"t", 2}, {"z", 3}}, {{"y", 5}, {"x", 6}});
  std::vector<Image> images;
  round_trip(dir, layout, images, "a");
  const auto source = round_trip(dir, layout, images, "b");
  EXPECT_EQ(source->layout().str(), "t=4 z=3 | y=5 x=6 uint8");
  EXPECT_EQ(read_all(*source, 11), images[11]);
  TempDir stacks;
  const Layout stack = make_layout(DType::u8, {{"z", 3}}, {{"y", 5}, {"x", 6}});
  for (const char* name : {"a", "b", "c"}) round_trip(stacks, stack, images, name);
  EXPECT_EQ(open_source("files", raw_map({{"glob", "*.tif"}, {"axes", "auto"}}), stacks.path())
                ->layout()
                .str(),
            "t=3 z=3 | y=5 x=6 uint8");
}

TEST(TiffAxesAuto, SaysWhatItGuesses) {
  const std::filesystem::path notebooks =
      std::filesystem::path(PARFOCAL_SHARED_DIR) / "data/cells/haase-notebooks/data";
  const auto movie = open_source(
      "files", raw_map({{"glob", "cancer_cell_migration_crop.tif"}, {"axes", "auto"}}), notebooks);
  EXPECT_EQ(movie->layout().str(), "t=48 | y=130 x=130 uint16");
  ASSERT_EQ(movie->notices().size(), 1u);
  EXPECT_THAT(movie->notices()[0], HasSubstr("48 pages are taken as t"));
  const auto image =
      open_source("files", raw_map({{"glob", "blobs.tif"}, {"axes", "auto"}}), notebooks);
  EXPECT_EQ(image->layout().str(), "| y=254 x=256 uint8");
  EXPECT_THAT(image->notices(), IsEmpty());
}

}  // namespace
}  // namespace parfocal
