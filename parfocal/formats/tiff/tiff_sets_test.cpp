/// Planes that OME-XML places: in sets of files, in any order, of several images.

#include <gmock/gmock.h>

#include "parfocal/formats/tiff/test_pages-inl.h"

namespace parfocal {
namespace {

using test::open_source;
using test::raw_map;
using test::read_failure;
using test::TempDir;
using test::TestPage;
using test::values_of;
using test::write_pages;
using testing::ElementsAre;
using testing::HasSubstr;

// Plane (t, c) of image p has the value 100 p + 10 t + c.
struct Plane {
  int p = 0, t = 0, c = 0;
  int ifd = 0;
  std::string file = {};
};
struct File {
  std::string name;
  std::vector<Plane> planes = {};
};

std::string head(const std::string& id) {
  return "<?xml version=\"1.0\"?><OME xmlns=\"http://www.openmicroscopy.org/Schemas/OME/2016-06\"" +
         (id.empty() ? "" : " UUID=\"urn:uuid:" + id + "\"") + ">";
}
std::string image_of(int p, const std::vector<Plane>& planes, int steps) {
  std::string xml = "<Image ID=\"Image:" + std::to_string(p) + "\" Name=\"Pos" + std::to_string(p) +
                    "\"><Pixels DimensionOrder=\"XYCTZ\" Type=\"uint16\" SizeX=\"4\" SizeY=\"3\" "
                    "SizeZ=\"1\" SizeC=\"2\" SizeT=\"" +
                    std::to_string(steps) + "\"><Channel Name=\"a\"/><Channel Name=\"b\"/>";
  for (const Plane& plane : planes)
    if (plane.p == p)
      xml += "<TiffData FirstT=\"" + std::to_string(plane.t) + "\" FirstC=\"" +
             std::to_string(plane.c) + "\" IFD=\"" + std::to_string(plane.ifd) +
             "\" PlaneCount=\"1\">" +
             (plane.file.empty()
                  ? ""
                  : "<UUID FileName=\"" + plane.file + "\">urn:uuid:" + plane.file + "</UUID>") +
             "</TiffData>";
  return xml + "</Pixels></Image>";
}
// Every file has the whole description.
void write_set(const std::filesystem::path& folder, std::vector<File> files, int images = 1,
               int steps = 3) {
  std::vector<Plane> all;
  for (File& file : files)
    for (size_t k = 0; k < file.planes.size(); ++k) {
      file.planes[k].ifd = static_cast<int>(k);
      if (files.size() > 1) file.planes[k].file = file.name;
      all.push_back(file.planes[k]);
    }
  std::string inside;
  for (int p = 0; p < images; ++p) inside += image_of(p, all, steps);
  for (const File& file : files) {
    std::vector<TestPage> pages;
    for (const Plane& plane : file.planes)
      pages.push_back({static_cast<uint16_t>(100 * plane.p + 10 * plane.t + plane.c)});
    pages[0].description = head(files.size() > 1 ? file.name : "") + inside + "</OME>";
    write_pages(folder / file.name, pages);
  }
}
// A file for each channel; the names say the opposite of the order.
std::vector<File> by_channel() {
  return {{"b.ome.tif", {{0, 0, 0}, {0, 1, 0}, {0, 2, 0}}},
          {"a.ome.tif", {{0, 2, 1}, {0, 1, 1}, {0, 0, 1}}}};
}

std::unique_ptr<Source> open(const TempDir& dir, const std::string& glob = "*.tif",
                             const std::string& image = "-1") {
  return open_source("files", raw_map({{"glob", glob}, {"axes", "auto"}, {"image", image}}),
                     dir.path());
}
std::string open_failure(const TempDir& dir, const std::string& glob = "*.tif",
                         const std::string& image = "-1") {
  try {
    open(dir, glob, image);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(OmeSets, PlanesLieWhereTheDescriptionSaysWhateverTheNames) {
  TempDir dir;
  write_set(dir.path(), by_channel());
  for (const char* glob : {"*.tif", "a.ome.tif", "b.ome.tif"}) {
    const auto source = open(dir, glob);
    EXPECT_EQ(source->layout().str(), "t=3 c=2 | y=3 x=4 uint16") << glob;
    EXPECT_THAT(source->layout().stream[1].labels, ElementsAre("a", "b"));
    EXPECT_THAT(values_of(*source), ElementsAre(0, 1, 10, 11, 20, 21)) << glob;
    EXPECT_EQ(source->row(1).file, "a.ome.tif");
    EXPECT_EQ(source->row(1).page, 2);
    EXPECT_TRUE(source->unchanged().ok());
  }
}

TEST(OmeSets, AFileForEachPlaneIsReadWithoutCountingPages) {
  TempDir dir;
  std::vector<File> files;
  for (int k = 0; k < 6; ++k)
    files.push_back({"f" + std::to_string(9 - k) + ".tif", {{0, k / 2, k % 2}}});
  write_set(dir.path(), files);
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(0, 1, 10, 11, 20, 21));
}

TEST(OmeSets, PlanesOfAFileThatIsNotThereCannotBeRead) {
  TempDir dir;
  write_set(dir.path(), by_channel());
  std::filesystem::remove(dir / "a.ome.tif");
  const auto source = open(dir);
  EXPECT_THAT(values_of(*source), ElementsAre(0, -1, 10, -1, 20, -1));
  EXPECT_THAT(source->notices()[0], HasSubstr("Files of the set are not there: a.ome.tif"));
  EXPECT_THAT(read_failure(*source, 1), HasSubstr("a.ome.tif, page 2: cannot open"));
}

TEST(OmeSets, AFileOfAnotherSetIsRefusedByName) {
  TempDir dir;
  write_set(dir.path(), by_channel());
  write_pages(dir / "c.tif", {{9}});
  EXPECT_THAT(open_failure(dir), HasSubstr("c.tif"));
  EXPECT_THAT(open_failure(dir), HasSubstr("source.glob: \"a.ome.tif\""));
  EXPECT_EQ(open_failure(dir, "a.ome.tif"), "");
}

TEST(OmeSets, PlanesThatAreListedNowhereAreGaps) {
  TempDir dir;
  write_set(dir.path(), {{"a.tif", {{0, 1, 0}, {0, 0, 0}, {0, 1, 1}}}});
  const auto source = open(dir);
  EXPECT_THAT(values_of(*source), ElementsAre(0, -2, 10, 11, -2, -2));
  EXPECT_THAT(source->notices()[0], HasSubstr("no page for 3 planes of 6"));
  EXPECT_FALSE(read_failure(*source, 1).empty());
  EXPECT_EQ(source->row(1).file, "");
}

TEST(OmeSets, AStoppedAcquisitionHasGapsAtItsEnd) {
  TempDir dir;
  write_set(dir.path(), {{"a.tif", {{0, 0, 0}, {0, 0, 1}, {0, 1, 0}}}});
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(0, 1, 10, -2, -2, -2));
}

TEST(OmeSets, InterleavedImagesArePositions) {
  TempDir dir;
  std::vector<Plane> planes;
  for (int t = 0; t < 3; ++t)
    for (int p = 0; p < 2; ++p)
      for (int c = 0; c < 2; ++c) planes.push_back({p, t, c});
  write_set(dir.path(), {{"a.tif", planes}}, 2);
  const auto source = open(dir);
  EXPECT_EQ(source->layout().str(), "p=2 t=3 c=2 | y=3 x=4 uint16");
  EXPECT_THAT(source->layout().stream[0].labels, ElementsAre("Pos0", "Pos1"));
  EXPECT_THAT(values_of(*source), ElementsAre(0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121));
  EXPECT_THAT(values_of(*open(dir, "a.tif", "1")), ElementsAre(100, 101, 110, 111, 120, 121));
  EXPECT_THAT(open_failure(dir, "a.tif", "2"), HasSubstr("there is no image 2"));
  EXPECT_THAT(open_failure(dir, "a.tif", "2"), HasSubstr("2 images"));
}

TEST(OmeSets, APositionOfASetMayBeChosen) {
  TempDir dir;
  write_set(dir.path(), {{"b.tif", {{0, 0, 0}, {0, 0, 1}}}, {"a.tif", {{1, 0, 1}, {1, 0, 0}}}}, 2,
            1);
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(0, 1, 100, 101));
  EXPECT_THAT(values_of(*open(dir, "*.tif", "1")), ElementsAre(100, 101));
}

TEST(OmeSets, ImagesOfDifferentSizesAreChosenFrom) {
  TempDir dir;
  const std::string xml = head("") + image_of(0, {{0, 0, 0, 0}, {0, 0, 1, 1}}, 1) +
                          image_of(1, {{1, 0, 0, 2}}, 2) + "</OME>";
  write_pages(dir / "a.tif", {{0, xml}, {1}, {100}});
  EXPECT_THAT(open_failure(dir),
              HasSubstr("image 1 is z=1 t=2 c=2 y=3 x=4 uint16, image 0 is z=1 t=1"));
  EXPECT_THAT(open_failure(dir), HasSubstr("--set source.image=0"));
  EXPECT_THAT(values_of(*open(dir, "a.tif", "0")), ElementsAre(0, 1));
  EXPECT_THAT(values_of(*open(dir, "a.tif", "1")), ElementsAre(100, -2, -2, -2));
}

TEST(OmeSets, ContradictoryPlacesAreRefused) {
  TempDir dir;
  const auto failure_of = [&](const std::string& images) {
    write_pages(dir / "a.tif", {{0, head("") + images + "</OME>"}, {1}});
    return open_failure(dir);
  };
  EXPECT_THAT(failure_of(image_of(0, {{0, 0, 0, 0}, {0, 0, 0, 1}}, 1)), HasSubstr("a plane twice"));
  EXPECT_THAT(failure_of(image_of(0, {{0, 0, 0, 0}}, 1) + image_of(1, {{1, 0, 0, 0}}, 1)),
              HasSubstr("one page to two images"));
  EXPECT_THAT(failure_of(image_of(0, {}, 1) + image_of(1, {}, 1)), HasSubstr("does not say which"));
  EXPECT_THAT(failure_of(image_of(0, {{0, 0, 0, 1}}, 999999999)), HasSubstr("more planes than"));
}

TEST(OmeSets, TheDescriptionMayStandInAnotherFile) {
  TempDir dir;
  write_set(dir.path(), by_channel());
  write_pages(dir / "0.tif", {{10, head("0") + "<BinaryOnly MetadataFile=\"b.ome.tif\"/></OME>"}});
  EXPECT_THAT(open_failure(dir), HasSubstr("0.tif"));  // it belongs to no set
  std::filesystem::remove(dir / "0.tif");
  const std::string binary = "<BinaryOnly MetadataFile=\"set.companion.ome\"/></OME>";
  std::vector<Plane> planes;
  for (int t = 0; t < 3; ++t)
    for (int c = 0; c < 2; ++c) planes.push_back({0, t, c, t, c == 0 ? "b.ome.tif" : "a.ome.tif"});
  test::write_text(dir / "set.companion.ome", head("x") + image_of(0, planes, 3) + "</OME>");
  write_pages(dir / "a.ome.tif", {{1, head("a.ome.tif") + binary}, {11}, {21}});
  write_pages(dir / "b.ome.tif", {{0, head("b.ome.tif") + binary}, {10}, {20}});
  const auto source = open(dir);
  EXPECT_THAT(values_of(*source), ElementsAre(0, 1, 10, 11, 20, 21));
  EXPECT_TRUE(source->unchanged().ok());
  EXPECT_EQ(open(dir)->identity(), source->identity());
  const auto companion = dir / "set.companion.ome";
  std::filesystem::last_write_time(
      companion, std::filesystem::last_write_time(companion) - std::chrono::hours(1));
  EXPECT_NE(open(dir)->identity(), source->identity());
  ASSERT_FALSE(source->unchanged().ok());
  EXPECT_EQ(source->unchanged().issue().where, "set.companion.ome");
  std::filesystem::remove(dir / "set.companion.ome");
  EXPECT_THAT(open_failure(dir), HasSubstr("set.companion.ome"));
}

// Of a part of it nobody knows which planes it leaves out.
TEST(OmeSets, ADescriptionThatIsTooLargeIsRefusedAndNotReadInPart) {
  TempDir dir;
  const std::string xml = head("a") + image_of(0, {{0, 0, 0, 0}}, 1) + "</OME>";
  write_pages(dir / "a.ome.tif", {{7, xml}});
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(7, -2));
  std::string file = test::read_text(dir / "a.ome.tif");
  const auto entry = file.find(std::string("\x0e\x01\x02\0", 4));  // the tag and its type
  ASSERT_NE(entry, std::string::npos);
  const uint32_t count = (uint32_t{64} << 20) + 1;
  std::memcpy(file.data() + entry + 4, &count, 4);
  test::write_text(dir / "a.ome.tif", file);
  std::filesystem::resize_file(dir / "a.ome.tif", uint64_t{70} << 20);
  EXPECT_THAT(open_failure(dir), HasSubstr("description of the images is too large"));
  EXPECT_EQ(
      test::open_source("files", test::raw_map({{"glob", "*.tif"}, {"axes", "tyx"}}), dir.path())
          ->layout()
          .stream_count(),
      1);
  write_pages(dir / "a.ome.tif",
              {{7, head("a") + "<BinaryOnly MetadataFile=\"set.companion.ome\"/></OME>"}});
  test::write_text(dir / "set.companion.ome", xml);
  std::filesystem::resize_file(dir / "set.companion.ome", uint64_t{70} << 20);
  EXPECT_THAT(open_failure(dir), HasSubstr("description of the images is too large"));
}

// Of what is named elsewhere, too, the files beside are meant.
TEST(OmeSets, FilesOfAFolderThatWasMovedAreFoundBesideTheDescription) {
  for (const std::string folder : {"../raw/", "/data/raw/", "./"}) {
    TempDir dir;
    std::vector<Plane> planes;
    for (int t = 0; t < 3; ++t)
      for (int c = 0; c < 2; ++c)
        planes.push_back({0, t, c, t, folder + (c == 0 ? "b.ome.tif" : "a.ome.tif")});
    const std::string images = image_of(0, planes, 3) + "</OME>";
    write_pages(dir / "set/a.ome.tif", {{1, head(folder + "a.ome.tif") + images}, {11}, {21}});
    write_pages(dir / "set/b.ome.tif", {{0, head(folder + "b.ome.tif") + images}, {10}, {20}});
    EXPECT_THAT(values_of(*open(dir, "set/*.tif")), ElementsAre(0, 1, 10, 11, 20, 21)) << folder;
  }
}

// The identifier in it tells which of the named files it is.
TEST(OmeSets, ARenamedFileOfASetIsItself) {
  TempDir dir;
  write_set(dir.path(), by_channel());
  std::filesystem::rename(dir / "a.ome.tif", dir / "renamed.tif");
  EXPECT_THAT(values_of(*open(dir, "renamed.tif")), ElementsAre(0, 1, 10, 11, 20, 21));
}

TEST(OmeSets, ARenamedFileIsItself) {
  TempDir dir;
  std::vector<Plane> planes;
  for (int k = 0; k < 6; ++k) planes.push_back({0, k / 2, k % 2, k, "old.ome.tif"});
  std::vector<TestPage> pages;
  for (const Plane& plane : planes)
    pages.push_back({static_cast<uint16_t>(10 * plane.t + plane.c)});
  pages[0].description = head("") + image_of(0, planes, 3) + "</OME>";
  write_pages(dir / "new.tif", pages);
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(0, 1, 10, 11, 20, 21));
  std::filesystem::copy(dir / "new.tif", dir / "copy.tif");
  EXPECT_EQ(open(dir)->layout().str(), "t=6 c=2 | y=3 x=4 uint16");
}

// Such as an overview that belongs to no image.
TEST(OmeSets, PagesBeforeTheFirstPlaneAreLeftOut) {
  TempDir dir;
  std::vector<Plane> planes;
  std::vector<TestPage> pages = {{99}};
  for (int k = 0; k < 6; ++k) {
    planes.push_back({0, k / 2, k % 2, k + 1});
    pages.push_back({static_cast<uint16_t>(10 * (k / 2) + k % 2)});
  }
  pages[0].description = head("") + image_of(0, planes, 3) + "</OME>";
  write_pages(dir / "a.tif", pages);
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(0, 1, 10, 11, 20, 21));
}

// The pages of a file, from a step on, without a word of how many.
std::string all_pages(int p, int t, const std::string& file, const std::string& count = "") {
  const std::string image = image_of(p, {}, 2), end = "</Pixels></Image>";
  return image.substr(0, image.size() - end.size()) + "<TiffData FirstT=\"" + std::to_string(t) +
         "\"" + count + "><UUID FileName=\"" + file + "\">urn:uuid:" + file + "</UUID></TiffData>" +
         end;
}

TEST(OmeSets, APlaceWithoutACountIsAllPagesThatTheImageHasRoomFor) {
  for (const std::string count : {"", " IFD=\"0\" PlaneCount=\"0\""}) {
    TempDir dir;
    const std::string xml =
        all_pages(0, 1, "a.tif", count) + all_pages(1, 0, "b.tif", count) + "</OME>";
    write_pages(dir / "a.tif", {{10, head("a.tif") + xml}, {11}, {98}, {99}});
    write_pages(dir / "b.tif", {{100, head("b.tif") + xml}, {101}, {110}, {111}, {99}});
    EXPECT_THAT(values_of(*open(dir)), ElementsAre(-2, -2, 10, 11, 100, 101, 110, 111)) << count;
  }
}

TEST(OmeSets, OfTwoFilesOfOnePlaceTheFirstCounts) {
  TempDir dir;
  std::string xml = image_of(0, {{0, 0, 0, 0, "a.tif"}, {0, 0, 1, 1, "a.tif"}}, 1) + "</OME>";
  const std::string first = "</UUID></TiffData>";
  xml.insert(xml.find(first) + 7, "<UUID FileName=\"b.tif\">urn:uuid:b.tif</UUID>");
  write_pages(dir / "a.tif", {{0, head("a.tif") + xml}, {1}});
  EXPECT_THAT(values_of(*open(dir)), ElementsAre(0, 1));
}

TEST(OmeSets, ImagesWithOtherUnitsThanTheFirstAreTold) {
  TempDir dir;
  std::string xml = image_of(0, {{0, 0, 0, 0}}, 1) + image_of(1, {{1, 0, 0, 1}}, 1) + "</OME>";
  const std::string size = "SizeX=\"4\"";
  xml.replace(xml.rfind(size), size.size(), size + " PhysicalSizeX=\"1\" PhysicalSizeXUnit=\"nm\"");
  xml.replace(xml.find(size), size.size(), size + " PhysicalSizeX=\"1\" PhysicalSizeXUnit=\"mm\"");
  write_pages(dir / "a.tif", {{0, head("") + xml}, {100}});
  EXPECT_THAT(open(dir)->notices(), testing::Contains(HasSubstr("other scales, units")));
}

// Micro-Manager puts the text of ImageJ behind the OME-XML.
TEST(OmeSets, OfTwoDescriptionsTheOmeXmlCounts) {
  TempDir dir;
  std::vector<Plane> planes;
  for (int k = 0; k < 4; ++k) planes.push_back({0, k / 2, k % 2, k});
  const std::string xml = head("") + image_of(0, planes, 2) + "</OME>",
                    imagej = "ImageJ=1.47d\nimages=4\n";
  for (const bool ome_first : {true, false}) {
    const std::string second = ome_first ? imagej : xml;
    std::vector<TestPage> pages = {{0}, {1}, {10}, {11}};
    pages[0].description = ome_first ? xml : imagej;
    pages[0].more = {{270, 2, static_cast<uint32_t>(second.size() + 1), 0, second + '\0'}};
    write_pages(dir / "a.tif", pages);
    EXPECT_EQ(open(dir)->layout().str(), "t=2 c=2 | y=3 x=4 uint16") << ome_first;
  }
}

}  // namespace
}  // namespace parfocal
