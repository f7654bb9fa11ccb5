/// Files whose descriptions speak of other pages than they hold: of other sizes, types, numbers.

#include <gmock/gmock.h>

#include "parfocal/formats/tiff/test_pages-inl.h"

namespace parfocal {
namespace {

using test::numbered_pages;
using test::open_source;
using test::raw_map;
using test::TempDir;
using test::values_of;
using test::write_pages;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string ome(const std::string& sizes, const std::string& places = "<TiffData/>") {
  return "<OME><Image ID=\"Image:0\"><Pixels DimensionOrder=\"XYCZT\" SizeC=\"1\" SizeZ=\"1\" " +
         sizes + ">" + places + "</Pixels></Image></OME>";
}
std::unique_ptr<Source> opened(const TempDir& dir, const std::string& axes = "auto") {
  return open_source("files", raw_map({{"glob", "*.tif"}, {"axes", axes}}), dir.path());
}
/// Pages of 3 x 4 uint16 with this description; what the source says of them.
std::vector<std::string> notices_of(const std::string& description, int pages,
                                    const std::string& axes = "auto", int files = 1) {
  TempDir dir;
  for (int k = 0; k < files; ++k) {
    auto all = numbered_pages(pages, k * pages);
    all[0].description = description;
    write_pages(dir / (std::to_string(k) + ".tif"), all);
  }
  const auto source = opened(dir, axes);
  EXPECT_EQ(source->layout().stream_count(), pages * files);
  return source->notices();
}

TEST(TiffNotices, SayNothingWhereAFileIsAsItIsDescribed) {
  const std::string right = ome("SizeT=\"3\" SizeX=\"4\" SizeY=\"3\" Type=\"uint16\"");
  for (const char* axes : {"auto", "tyx"}) {
    EXPECT_THAT(notices_of(right, 3, axes), IsEmpty());
    EXPECT_THAT(notices_of("ImageJ=1.5\nimages=3\nframes=3\nhyperstack=true\n", 3, axes),
                IsEmpty());
    EXPECT_THAT(notices_of(R"({"shape": [3, 3, 4], "axes": "TYX"})", 3, axes), IsEmpty());
  }
}

TEST(TiffNotices, SayNothingOfFilesThatAreDescribedElsewhere) {
  EXPECT_THAT(notices_of("<OME><BinaryOnly MetadataFile=\"a.ome\"/></OME>", 3, "tyx"), IsEmpty());
}

TEST(TiffNotices, NameOtherPixelsThanTheOmeXmlSays) {
  const std::pair<std::string, std::string> cases[] = {
      {"SizeX=\"40\" SizeY=\"3\" Type=\"uint16\"", "y=3 x=40 uint16, the page has y=3 x=4 uint16"},
      {"SizeX=\"4\" SizeY=\"30\"", "y=30 x=4, the page has y=3 x=4:"},
      {"SizeX=\"4\" SizeY=\"3\" Type=\"int16\"", "int16, the page has y=3 x=4 uint16"},
      {"SizeX=\"4\" SizeY=\"3\" Type=\"float\"", "float32, the page has"},
      {"SizeX=\"4\" SizeY=\"3\" Type=\"double\"", "float64, the page has"},
      {"SizeX=\"4\" SizeY=\"3\" Type=\"complex\"", "complex, the page has"}};
  for (const auto& [sizes, text] : cases)
    for (const char* axes : {"auto", "tyx"})
      EXPECT_THAT(notices_of(ome("SizeT=\"3\" " + sizes), 3, axes),
                  ElementsAre(AllOf(HasSubstr("OME-XML says"), HasSubstr(text))));
}

TEST(TiffNotices, NameAnotherNumberOfPagesThanADescriptionSays) {
  const std::pair<std::string, std::string> cases[] = {
      {ome("SizeT=\"7\""), "speaks of 7 pages, there are 5"},
      {ome("SizeT=\"3\""), "speaks of 3 pages, there are 5"},
      {"ImageJ=1.5\nimages=4\nframes=4\n", "speaks of 4 pages, there are 5"},
      {R"({"shape": [4, 3, 4], "axes": "TYX"})", "speaks of 4 pages, there are 5"}};
  for (const auto& [description, text] : cases)
    EXPECT_THAT(notices_of(description, 5, "tyx"), ElementsAre(HasSubstr(text)));
  EXPECT_THAT(notices_of(ome("SizeT=\"3\""), 5), ElementsAre(HasSubstr("3 pages, there are 5")));
  EXPECT_THAT(notices_of(R"({"shape": [4, 3, 4], "axes": "TYX"})", 5),
              ElementsAre(HasSubstr("do not hold the 4 pages that their shape says: their 5")));
}

TEST(TiffNotices, NameTheFirstOfSeveralFilesThatHasAnotherNumberOfPages) {
  for (const char* axes : {"auto", "tyx"})
    for (const int pages : {1, 5})
      EXPECT_THAT(notices_of(ome("SizeT=\"3\""), pages, axes, 2),
                  ElementsAre(HasSubstr("OME-XML of 0.tif speaks of 3 pages, there")));
}

TEST(TiffNotices, NameImagesThatAreNotThoseOfAHyperstack) {
  const std::string text =
      "ImageJ=1.5\nimages=9\nchannels=2\nslices=3\nframes=1\nhyperstack=true\n";
  EXPECT_THAT(notices_of(text, 6),
              ElementsAre(HasSubstr("images=9, but channels=2, slices=3, frames=1, which are 6")));
}

TEST(TiffNotices, NameAShapeOfOtherImages) {
  for (const char* axes : {"auto", "tyx"})
    EXPECT_THAT(
        notices_of(R"({"shape": [2, 30, 40], "axes": "ZYX"})", 2, axes),
        testing::Contains(HasSubstr("says y=30 x=40, the page has y=3 x=4: its axes are not")));
}

TEST(TiffNotices, CountPagesWithoutAPlace) {
  TempDir dir;
  auto pages = numbered_pages(5);
  pages[0].description =
      ome("SizeT=\"2\"", "<TiffData IFD=\"3\" FirstT=\"0\"/><TiffData IFD=\"1\" FirstT=\"1\"/>");
  write_pages(dir / "a.tif", pages);
  const auto source = opened(dir);
  EXPECT_THAT(values_of(*source), ElementsAre(3, 1));
  EXPECT_THAT(source->notices(),
              ElementsAre(HasSubstr("3 pages of 5 no place: they are not read")));
}

TEST(TiffNotices, NameUnitsThatAreForeign) {
  EXPECT_THAT(
      notices_of(ome("SizeT=\"2\" PhysicalSizeX=\"0.5\" PhysicalSizeXUnit=\"furlong\" "
                     "PhysicalSizeY=\"2\" PhysicalSizeYUnit=\"furlong\" "
                     "TimeIncrement=\"3\" TimeIncrementUnit=\"frame\""),
                 2),
      ElementsAre("The unit \"frame\" of axis t is no time that is known: its scale has no unit.",
                  "The unit \"furlong\" of axes y x is no length that is known: their scales "
                  "have no unit."));
}

}  // namespace
}  // namespace parfocal
