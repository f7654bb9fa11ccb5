/// Scales through OME-XML and out of every description, with units and without.

#include <gmock/gmock.h>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/tiff/ome_xml.h"
#include "parfocal/formats/tiff/tiff_description.h"

namespace parfocal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Axis axis(const std::string& name, double scale, const std::string& unit) {
  return {name, 2, scale, unit, {}};
}
TiffDescription through_xml(const std::vector<Axis>& axes) {
  return *describe_tiff(ome_xml({"a", axes, DType::u8}).text, {});
}
std::vector<Axis> axes_of(const TiffDescription& found) {
  std::vector<Axis> axes = found.planes;
  axes.insert(axes.end(), {found.y, found.x});
  return axes;
}

TEST(OmeUnits, ThoseOfAxesAndNoneComeBackAsTheyWere) {
  const std::string lengths[] = {"", "nm", "um", "mm", "m"};
  const std::string times[] = {"ns", "us", "ms", "s", "min", "h"};
  for (const double scale : {1.0, 0.325, 1e-9, 123456.789})
    for (const std::string& length : lengths)
      for (const std::string& time : times) {
        const std::vector<Axis> axes = {axis("t", scale, time), axis("z", scale, length),
                                        axis("y", scale, length), axis("x", scale, length)};
        const auto found = through_xml(axes);
        EXPECT_EQ(axes_of(found), axes) << scale << " " << length << " " << time;
        EXPECT_THAT(found.foreign_units, IsEmpty());
        EXPECT_THAT(ome_losses(axes), IsEmpty());
      }
}

TEST(OmeUnits, ALengthWithoutAUnitIsOneOfAReferenceFrame) {
  const auto xml = ome_xml({"a", {axis("y", 1, ""), axis("x", 0.5, "")}, DType::u8}).text;
  EXPECT_THAT(xml, HasSubstr("PhysicalSizeX=\"0.5\" PhysicalSizeXUnit=\"reference frame\""));
  EXPECT_THAT(xml, Not(HasSubstr("PhysicalSizeY")));
}

TEST(OmeUnits, ScalesWithoutAPlaceAreTold) {
  const std::vector<Axis> axes = {axis("t", 0.5, ""), axis("c", 2, "nm"), axis("z", 3, "s"),
                                  axis("y", 1, ""), axis("x", 1, "um")};
  EXPECT_THAT(ome_losses(axes),
              ElementsAre(HasSubstr("the scale 0.5 without a unit of axis t"),
                          HasSubstr("2 nm of axis c"), HasSubstr("3 s of axis z")));
  EXPECT_THAT(ome_losses({axis("t", 1, ""), axis("c", 1, ""), axis("y", 1, ""), axis("x", 1, "")}),
              IsEmpty());
  EXPECT_THAT(ome_losses({axis("t", 2, "um"), axis("y", 1, ""), axis("x", 1, "")}),
              ElementsAre(HasSubstr("2 um of axis t")));
}

TEST(OmeUnits, PixelsAndForeignUnitsKeepTheirNumber) {
  const auto of = [](const std::string& size, const std::string& unit) {
    return *describe_tiff(
        "<OME><Image><Pixels DimensionOrder=\"XYZCT\" SizeX=\"4\" SizeY=\"3\" SizeZ=\"1\" "
        "SizeC=\"1\" "
        "SizeT=\"1\" PhysicalSizeX=\"" +
            size + "\" PhysicalSizeXUnit=\"" + unit + "\"/></Image></OME>",
        {});
  };
  for (const char* unit : {"reference frame", "pixel", "furlong", "s"}) {
    EXPECT_EQ(of("0.5", unit).x.scale, 0.5) << unit;
    EXPECT_EQ(of("0.5", unit).x.unit, "") << unit;
    EXPECT_EQ(of("0.5", unit).foreign_units.count(unit), unit[0] == 'r' ? 0 : 1) << unit;
  }
  for (const char* unit : {"reference frame", "pixel"})
    EXPECT_THAT(of("1", unit).foreign_units, IsEmpty()) << unit;
}

TEST(ImageJUnits, EachIsKeptOrTold) {
  const auto of = [](const std::string& unit) {
    return *describe_tiff("ImageJ=1.53t\nimages=4\nslices=2\nframes=2\nunit=" + unit +
                              "\nspacing=3.0\nfinterval=0.5\ntunit=" + unit + "\n",
                          {4, 4, 1});
  };
  for (const char* unit : {"pixel", "px", "furlong"}) {
    const auto found = of(unit);
    for (const Axis& axis : axes_of(found)) EXPECT_EQ(axis.unit, "") << unit;
    EXPECT_EQ(found.x.scale, 0.25) << unit;
    EXPECT_EQ(found.planes[1].scale, 3) << unit;
    EXPECT_EQ(found.planes[0].scale, 0.5) << unit;
    EXPECT_EQ(found.foreign_units.count(unit), 1) << unit;
  }
  EXPECT_EQ(of("inch").x.unit, "mm");
  EXPECT_EQ(of("\xc3\x85").x.scale, 0.025);
  EXPECT_THAT(of("\xc3\x85").foreign_units, ElementsAre(testing::Pair("\xc3\x85", "t")));
  EXPECT_THAT(of("").foreign_units, IsEmpty());
  EXPECT_EQ(of("").planes[1].scale, 3);
}

TEST(Resolutions, WithoutAUnitAreScalesWithoutAUnit) {
  const auto of = [](double resolution, int unit) {
    return describe_tiff(R"({"shape": [2, 3, 4], "axes": "ZYX"})", {resolution, resolution, unit})
        ->x;
  };
  for (const int unit : {0, 1}) {
    EXPECT_EQ(of(4, unit).scale, 0.25);
    EXPECT_EQ(of(4, unit).unit, "");
    EXPECT_EQ(of(72, unit).scale, 1) << "of a screen";
    EXPECT_EQ(of(0, unit).scale, 1);
  }
  EXPECT_EQ(of(2, 2).scale, 12700);
  EXPECT_EQ(of(96, 2).unit, "");
  EXPECT_EQ(of(2, 3).scale, 5000);
  EXPECT_EQ(of(4, 4).scale, 250);
  EXPECT_EQ(of(4, 5).scale, 0.25);
  for (const int unit : {3, 4, 5}) EXPECT_EQ(of(72, unit).unit, "um") << unit;
  EXPECT_EQ(of(4, 6).unit, "");
}

}  // namespace
}  // namespace parfocal
