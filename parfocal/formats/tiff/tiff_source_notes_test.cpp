/// Files whose descriptions speak of other pages than they hold: of other sizes, types, numbers.

#include <gmock/gmock.h>

#include "parfocal/formats/tiff/test_pages-inl.h"
#include "parfocal/formats/tiff/tiff_description.h"

namespace parfocal {
namespace {

using test::numbered_pages;
using test::open_source;
using test::raw_map;
using test::TempDir;
using test::TestPage;
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
      {"SCIFIO=1\naxes=X,Y,Time\nlengths=4,3,4\n", "speaks of 4 pages, there are 5"},
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
                  testing::Contains(HasSubstr("OME-XML of 0.tif speaks of 3 pages, there")));
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

// Of a writer that marks no pages.
TEST(TiffNotices, CountMissingFramesThatAreNotListed) {
  const std::string record =
      "<StructuredAnnotations><MapAnnotation Namespace=\"parfocal.record/1\"><Value>"
      "<M K=\"items\">3</M><M K=\"complete\">true</M><M K=\"gaps\">[]</M>"
      "<M K=\"gaps_not_listed\">2</M></Value></MapAnnotation></StructuredAnnotations></OME>";
  std::string xml = ome("SizeT=\"3\"");
  xml.replace(xml.rfind("</OME>"), 6, record);
  for (const char* axes : {"auto", "tyx"})
    EXPECT_THAT(notices_of(xml, 3, axes),
                ElementsAre(HasSubstr("2 frames missing beyond those that it lists")));
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

// Plane (t, z, c) has the value 100 t + 10 z + c.
TEST(Scifio, PagesRunAlongTheAxesAsTheyAreListed) {
  const std::pair<std::string, std::string> orders[] = {
      {"Channel,Z,Time", "2,3,4"}, {"Z,Channel,Time", "3,2,4"}, {"Time,Z,Channel", "4,3,2"},
      {"Z,Time,Channel", "3,4,2"}, {"Channel,Time,Z", "2,4,3"}, {"Time,Channel,Z", "4,2,3"}};
  for (const auto& [axes, lengths] : orders) {
    TempDir dir;
    const auto size = [](char axis) { return axis == 'C' ? 2 : axis == 'Z' ? 3 : 4; };
    std::string order;
    for (const char c : axes)
      if (c >= 'A' && c <= 'Z') order += c;
    std::vector<TestPage> pages;
    for (int k = 0; k < 24; ++k) {
      int value = 0, rest = k;
      for (const char axis : order) {
        value += rest % size(axis) * (axis == 'C' ? 1 : axis == 'Z' ? 10 : 100);
        rest /= size(axis);
      }
      pages.push_back({static_cast<uint16_t>(value)});
    }
    pages[0].description =
        "SCIFIO=0.46.0\naxes=X,Y," + axes + "\nlengths=4,3," + lengths +
        "\nscales=1.0,1.0,1.0,1.0,1.0\nunits=null,null,null,null,null\nimages=24\n";
    write_pages(dir / "a.tif", pages);
    const auto source = opened(dir);
    EXPECT_EQ(source->layout().str(), "t=4 c=2 z=3 | y=3 x=4 uint16");
    std::vector<int> expected;
    for (int t = 0; t < 4; ++t)
      for (int c = 0; c < 2; ++c)
        for (int z = 0; z < 3; ++z) expected.push_back(100 * t + 10 * z + c);
    EXPECT_EQ(values_of(*source), expected) << axes;
    EXPECT_THAT(source->notices(), IsEmpty());
    EXPECT_THAT(opened(dir, "tyx")->notices(), ElementsAre(HasSubstr("description (SCIFIO) says")));
  }
}

TEST(Scifio, ScalesHaveTheUnitsBesideThem) {
  const auto found = describe_tiff(
      "SCIFIO=0.46.0\naxes=X,Y,Z,Channel,Time\nlengths=4,3,2,2,2\n"
      "scales=0.5,0.25,2.0,7.0,30.0\nunits=um,\\u00B5m,micron,null,sec\nunit=um\n",
      {1, 1});
  EXPECT_EQ(found->x.scale, 0.5);
  EXPECT_EQ(found->x.unit, "um");
  EXPECT_EQ(found->y.scale, 0.25);
  EXPECT_EQ(found->y.unit, "um");
  EXPECT_EQ(found->planes[0].scale, 30);
  EXPECT_EQ(found->planes[0].unit, "s");
  EXPECT_EQ(found->planes[1].scale, 1);  // of channels it means nothing
  EXPECT_EQ(found->planes[2].unit, "um");
  EXPECT_THAT(found->foreign_units, IsEmpty());
  EXPECT_EQ(found->x.size, 4);
}

TEST(Scifio, WhatIsNotUnderstoodIsNotReadWithoutAWord) {
  for (const char* lines : {"axes=X,Y,Lifetime\nlengths=4,3,6\n", "axes=X,Y,Z,Z\nlengths=4,3,2,3\n",
                            "axes=X,Y,Z\nlengths=4,3\n", "axes=Z,X,Y\nlengths=6,4,3\n",
                            "axes=X,Y,Z\nlengths=4,3,0\n", "images=6\n", ""})
    EXPECT_THAT(notices_of(std::string("SCIFIO=0.46.0\n") + lines, 6),
                ElementsAre(HasSubstr("6 pages are taken as t"), HasSubstr("SCIFIO) says axes=")))
        << lines;
}

TEST(TiffNotices, TellThatMoviesOfTheirOwnFollowEachOther) {
  const std::string three = "ImageJ=1.5\nimages=3\nframes=3\n";
  EXPECT_THAT(
      notices_of(three, 3, "auto", 2),
      ElementsAre(HasSubstr("The 2 files, each with its own t, follow each other along t")));
  EXPECT_THAT(notices_of("ImageJ=1.5\nimages=3\nslices=3\n", 3, "auto", 2), IsEmpty());
  EXPECT_THAT(notices_of(three, 3, "auto", 1), IsEmpty());
}

TEST(TiffNotices, NameFilesOfOtherSizesThanTheFirst) {
  TempDir dir;
  write_pages(dir / "a.tif", numbered_pages(1, 0));
  write_pages(dir / "b.tif", numbered_pages(1, 1));
  write_pages(dir / "c.tif", {{7, "of another length", {{256, 3, 1, 2}, {279, 4, 1, 12}}}});
  EXPECT_THAT(opened(dir, "tyx")->notices(),
              ElementsAre(AllOf(HasSubstr("another size or type than a.tif (3 x 4 uint16)"),
                                HasSubstr("c.tif (3 x 2 uint16)"))));
}

TEST(TiffNotices, NameFilesOfOtherChannelsAndScales) {
  const auto stack = [](const std::string& name, const std::string& size) {
    return "<OME><Image ID=\"Image:0\"><Pixels DimensionOrder=\"XYCZT\" SizeT=\"1\" SizeZ=\"1\" "
           "SizeC=\"2\" SizeX=\"4\" SizeY=\"3\" Type=\"uint16\" PhysicalSizeX=\"" +
           size + "\"><Channel Name=\"" + name +
           "\"/><Channel Name=\"B\"/><TiffData/></Pixels></Image></OME>";
  };
  TempDir dir;
  const std::string described[] = {stack("A", "0.5"), stack("A", "0.5"), stack("C", "0.5"),
                                   stack("A", "0.25")};
  for (int k = 0; k < 4; ++k) {
    auto pages = numbered_pages(2, 2 * k);
    pages[0].description = described[k];
    write_pages(dir / (std::to_string(k) + ".tif"), pages);
  }
  EXPECT_THAT(opened(dir)->notices(),
              ElementsAre("Files have other scales, units or names of channels than 0.tif, whose "
                          "are taken for all: 2.tif, 3.tif."));
}

TEST(TiffNotices, NameFilesOfOnePageOfAnotherChannel) {
  TempDir dir;
  for (const char* name : {"DAPI", "GFP"}) {
    auto pages = numbered_pages(1, 0);
    pages[0].description =
        "<OME><Image ID=\"Image:0\"><Pixels DimensionOrder=\"XYCZT\" SizeT=\"1\" SizeZ=\"1\" "
        "SizeC=\"1\" SizeX=\"4\" SizeY=\"3\" Type=\"uint16\"><Channel Name=\"" +
        std::string(name) + "\"/><TiffData/></Pixels></Image></OME>";
    write_pages(dir / (std::string(name) + ".tif"), pages);
  }
  EXPECT_THAT(opened(dir)->notices(),
              ElementsAre(HasSubstr("other scales, units or names of channels than DAPI.tif")));
}

// The names are not read, but files that count along t, z and c are no movie.
TEST(TiffNotices, TellThatNamesOfFilesCountAlongMore) {
  TempDir dir;
  for (int k = 0; k < 12; ++k)
    write_pages(dir / ("t" + std::to_string(k / 6) + "_z" + std::to_string(k / 2 % 3) +
                       (k % 2 == 0 ? "_w1DAPI.tif" : "_w2GFP.tif")),
                numbered_pages(1, k));
  EXPECT_THAT(opened(dir)->notices(),
              ElementsAre(AllOf(HasSubstr("count along 3 numbers or words (2 x 3 x 2)"),
                                HasSubstr("axes: tzcyx, sizes: {z: 3, c: 2}"))));
  EXPECT_THAT(opened(dir, "tyx")->notices(), IsEmpty()) << "who states them knows";
}

TEST(ImageJ, TellsThatItShowsOtherValuesThanThePixels) {
  const std::string head = "ImageJ=1.53t\nimages=3\nframes=3\n";
  EXPECT_THAT(notices_of(head + "cf=0\nc0=-32768.0\nc1=1.0\nvunit=Gray Value\n", 3),
              ElementsAre(HasSubstr("cf=0 c0=-32768.0 c1=1.0: c0 + c1 * pixel")));
  EXPECT_THAT(notices_of(head + "cf=0\nc0=0\nc1=1\n", 3), IsEmpty());
  EXPECT_THAT(notices_of(head + "cf=2\nc0=0\nc1=1\nc2=3\n", 3), ElementsAre(HasSubstr("cf=2")));
}

}  // namespace
}  // namespace parfocal
