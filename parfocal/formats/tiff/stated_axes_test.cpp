#include "parfocal/formats/tiff/stated_axes.h"

#include <gmock/gmock.h>

namespace parfocal {
namespace {

using testing::HasSubstr;

Axis axis(const char* name, int64_t size) { return {name, size, 1, "", {}}; }
std::optional<TiffDescription> said(const char* origin, std::vector<Axis> planes,
                                    int64_t images = 1) {
  TiffDescription description;
  description.origin = origin;
  description.planes = std::move(planes);
  description.images = images;
  return description;
}
std::vector<Axis> tcz(int64_t t, int64_t c, int64_t z) {
  return {axis("t", t), axis("c", c), axis("z", z)};
}

TEST(StatedAxes, AreToldWhereTheFileSaysOthers) {
  const auto file = said("OME-XML", {axis("t", 3), axis("c", 2)});
  EXPECT_EQ(stated_axes_notice({axis("t", 6)}, file, {6, 6, "", "tyx"}),
            "The OME-XML says t=3 c=2; taken as t=6, as axes: tyx (the default) says (axes: auto "
            "takes what the file says).");
  EXPECT_EQ(stated_axes_notice({axis("t", 3), axis("c", 2)}, file, {6, 6, ""}), "");
  EXPECT_THAT(stated_axes_notice({axis("c", 2), axis("t", 3)}, file, {6, 6, ""}),
              HasSubstr("taken as c=2 t=3,"));
}

// A recording that was stopped has fewer steps than its description promised, or more.
TEST(StatedAxes, MayHaveAnyNumberOfStepsOfTheOutermost) {
  const auto file = said("OME-XML", {axis("t", 5), axis("c", 2)});
  for (const int64_t pages : {4, 8, 12})
    EXPECT_EQ(stated_axes_notice({axis("t", 0), axis("c", 2)}, file, {pages, pages, ""}), "");
  EXPECT_THAT(stated_axes_notice({axis("t", 0), axis("c", 4)}, file, {8, 8, ""}),
              HasSubstr("taken as t=2 c=4,"));
}

// Of an axis of three steps a file with seven pages has no whole number.
TEST(StatedAxes, OfAFileThatEndsWithinThemAreAllItsPages) {
  EXPECT_THAT(stated_axes_notice({axis("t", 4), axis("c", 3)},
                                 said("OME-XML", {axis("t", 7), axis("z", 1)}), {14, 7, "a.tif"}),
              HasSubstr("of a.tif says t=7; taken as c=7,"));
}

// tifffile describes all pages of its file, or is of another file.
TEST(StatedAxes, AreNotComparedWithADescriptionOfOtherPages) {
  const auto file = said("tifffile", {axis("z", 6)});
  EXPECT_THAT(stated_axes_notice({axis("t", 12)}, file, {12, 6, ""}), HasSubstr("says z=6"));
  EXPECT_EQ(stated_axes_notice({axis("t", 12)}, file, {6, 12, ""}), "");
}

TEST(StatedAxes, PositionsOfTheFileAreItsOutermostAxis) {
  EXPECT_THAT(stated_axes_notice({axis("t", 6)}, said("OME-XML", {axis("t", 3)}, 2), {6, 6, ""}),
              HasSubstr("says p=2 t=3; taken as t=6"));
}

TEST(StatedSizes, AreThoseOfTheFile) {
  const auto file = said("OME-XML", tcz(5, 2, 3));
  for (const auto& stated : {tcz(0, 0, 0), tcz(0, 2, 0), tcz(0, 7, 3)})
    EXPECT_EQ(described_sizes_cure(stated, file, {30, 30, ""}),
              "write sizes: {c: 2, z: 3} in the source, as the OME-XML says");
  EXPECT_EQ(described_sizes_cure(tcz(0, 0, 0), file, {90, 30, "a.tif"}),
            "write sizes: {c: 2, z: 3} in the source, as the OME-XML of a.tif says");
  EXPECT_THAT(described_sizes_cure({axis("t", 0), axis("z", 0), axis("c", 0)}, file, {30, 30, ""}),
              HasSubstr("write axes: auto in the source"));
  EXPECT_EQ(described_sizes_cure(tcz(0, 0, 0), std::nullopt, {30, 30, ""}), "");
}

// All pages together have to be whole steps, not those of the file that is described.
TEST(StatedSizes, HaveToDivideAllPages) {
  EXPECT_THAT(described_sizes_cure({axis("t", 0), axis("c", 0)},
                                   said("OME-XML", {axis("t", 3), axis("c", 2)}), {7, 6, ""}),
              HasSubstr("write axes: auto in the source"));
}

TEST(GuessedSizes, AreTheSmallestThatDivideTheImages) {
  const auto sizes = [](const std::vector<Axis>& stated, int64_t images) {
    const std::string cure = guessed_sizes_cure(stated, images);
    return cure.substr(0, cure.find(" in the source"));
  };
  EXPECT_EQ(sizes(tcz(0, 0, 0), 12), "write sizes: {c: 2, z: 2}");
  EXPECT_EQ(sizes(tcz(0, 0, 0), 9), "write sizes: {c: 3, z: 3}");
  EXPECT_EQ(sizes(tcz(0, 0, 0), 25), "write sizes: {c: 5, z: 5}");
  EXPECT_EQ(sizes(tcz(0, 5, 0), 30), "write sizes: {c: 5, z: 2}");
  EXPECT_EQ(sizes(tcz(0, 0, 0), 7), "write sizes: {c: 7, z: 1}");
  EXPECT_EQ(sizes(tcz(0, 0, 0), 1), "write sizes: {c: 1, z: 1}");
  EXPECT_EQ(guessed_sizes_cure(tcz(0, 4, 0), 30), "") << "4 does not divide 30";
}

}  // namespace
}  // namespace parfocal
