#include "parfocal/core/length_units.h"

#include <gtest/gtest.h>

#include <string>

#include "parfocal/core/units.h"

namespace parfocal {
namespace {

struct Known {
  const char* name;
  double si;  // metres or seconds
};

double si_of(const std::string& name, bool is_time) {
  const auto unit = own_unit(name);
  EXPECT_TRUE(unit) << name;
  if (!unit) return 0;
  EXPECT_EQ(unit->is_time, is_time) << name;
  const auto factor = unit_factor(unit->unit, is_time ? "s" : "m");
  EXPECT_TRUE(factor) << name;
  return unit->of(1) * factor.value_or(0);
}

TEST(OwnUnit, KnowsEveryLengthOfTheOmeSchemaAndOfNgff) {
  for (const Known& known : std::initializer_list<Known>{{"Ym", 1e24},
                                                         {"Zm", 1e21},
                                                         {"Em", 1e18},
                                                         {"Pm", 1e15},
                                                         {"Tm", 1e12},
                                                         {"Gm", 1e9},
                                                         {"Mm", 1e6},
                                                         {"km", 1e3},
                                                         {"hm", 1e2},
                                                         {"dam", 10},
                                                         {"m", 1},
                                                         {"dm", 0.1},
                                                         {"cm", 1e-2},
                                                         {"mm", 1e-3},
                                                         {"\xc2\xb5m", 1e-6},
                                                         {"nm", 1e-9},
                                                         {"pm", 1e-12},
                                                         {"fm", 1e-15},
                                                         {"am", 1e-18},
                                                         {"zm", 1e-21},
                                                         {"ym", 1e-24},
                                                         {"\xc3\x85", 1e-10},
                                                         {"thou", 2.54e-5},
                                                         {"li", 0.0254 / 12},
                                                         {"in", 0.0254},
                                                         {"ft", 0.3048},
                                                         {"yd", 0.9144},
                                                         {"mi", 1609.344},
                                                         {"ua", 149597870700},
                                                         {"ly", 9460730472580800},
                                                         {"pc", 3.0856776e16},
                                                         {"pt", 0.0254 / 72},
                                                         {"angstrom", 1e-10},
                                                         {"attometer", 1e-18},
                                                         {"centimeter", 1e-2},
                                                         {"decimeter", 0.1},
                                                         {"exameter", 1e18},
                                                         {"femtometer", 1e-15},
                                                         {"foot", 0.3048},
                                                         {"gigameter", 1e9},
                                                         {"hectometer", 100},
                                                         {"inch", 0.0254},
                                                         {"kilometer", 1000},
                                                         {"megameter", 1e6},
                                                         {"meter", 1},
                                                         {"micrometer", 1e-6},
                                                         {"mile", 1609.344},
                                                         {"millimeter", 1e-3},
                                                         {"nanometer", 1e-9},
                                                         {"parsec", 3.0856776e16},
                                                         {"petameter", 1e15},
                                                         {"picometer", 1e-12},
                                                         {"terameter", 1e12},
                                                         {"yard", 0.9144},
                                                         {"yoctometer", 1e-24},
                                                         {"yottameter", 1e24},
                                                         {"zeptometer", 1e-21},
                                                         {"zettameter", 1e21}})
    EXPECT_NEAR(si_of(known.name, false) / known.si, 1, 1e-7) << known.name;
}

TEST(OwnUnit, KnowsEveryTimeOfTheOmeSchemaAndOfNgff) {
  for (const Known& known : std::initializer_list<Known>{{"Ys", 1e24},
                                                         {"Zs", 1e21},
                                                         {"Es", 1e18},
                                                         {"Ps", 1e15},
                                                         {"Ts", 1e12},
                                                         {"Gs", 1e9},
                                                         {"Ms", 1e6},
                                                         {"ks", 1e3},
                                                         {"hs", 1e2},
                                                         {"das", 10},
                                                         {"s", 1},
                                                         {"ds", 0.1},
                                                         {"cs", 1e-2},
                                                         {"ms", 1e-3},
                                                         {"\xc2\xb5s", 1e-6},
                                                         {"ns", 1e-9},
                                                         {"ps", 1e-12},
                                                         {"fs", 1e-15},
                                                         {"as", 1e-18},
                                                         {"zs", 1e-21},
                                                         {"ys", 1e-24},
                                                         {"min", 60},
                                                         {"h", 3600},
                                                         {"d", 86400},
                                                         {"attosecond", 1e-18},
                                                         {"centisecond", 1e-2},
                                                         {"day", 86400},
                                                         {"decisecond", 0.1},
                                                         {"exasecond", 1e18},
                                                         {"femtosecond", 1e-15},
                                                         {"gigasecond", 1e9},
                                                         {"hectosecond", 100},
                                                         {"hour", 3600},
                                                         {"kilosecond", 1000},
                                                         {"megasecond", 1e6},
                                                         {"microsecond", 1e-6},
                                                         {"millisecond", 1e-3},
                                                         {"minute", 60},
                                                         {"nanosecond", 1e-9},
                                                         {"petasecond", 1e15},
                                                         {"picosecond", 1e-12},
                                                         {"second", 1},
                                                         {"terasecond", 1e12},
                                                         {"yoctosecond", 1e-24},
                                                         {"yottasecond", 1e24},
                                                         {"zeptosecond", 1e-21},
                                                         {"zettasecond", 1e21}})
    EXPECT_NEAR(si_of(known.name, true) / known.si, 1, 1e-7) << known.name;
}

TEST(OwnUnit, ReadsTheMicronHoweverItIsSpelled) {
  for (const char* name :
       {"um", "\xc2\xb5m", "\xce\xbcm", "\xb5m", "\\u00B5m", "\\u00b5m", "\\u03bcm", "micron",
        "Microns", "micrometer", "Micrometre", "micrometers", " um "}) {
    const auto unit = own_unit(name);
    ASSERT_TRUE(unit) << name;
    EXPECT_EQ(unit->unit, "um") << name;
    EXPECT_EQ(unit->of(0.65), 0.65) << name;
  }
}

TEST(OwnUnit, KeepsDecimalNumbersDecimal) {
  EXPECT_EQ(own_unit("cm")->of(0.25), 2.5);
  EXPECT_EQ(own_unit("cm")->unit, "mm");
  EXPECT_EQ(own_unit("pm")->of(650), 0.65);
  EXPECT_EQ(own_unit("pm")->unit, "nm");
  EXPECT_EQ(own_unit("\xc3\x85")->of(0.25), 0.025);
  EXPECT_EQ(own_unit("inches")->of(0.25), 6.35);
  EXPECT_EQ(own_unit("dm")->unit, "mm");
  EXPECT_EQ(own_unit("km")->of(2), 2000);
}

TEST(OwnUnit, IsNoneOfOtherWords) {
  for (const char* name : {"", " ", "pixel", "pixels", "reference frame", "px", "degree", "xm",
                           "MM", "M", "K", "PT", "FT", "smm", "milli", "\xff"})
    EXPECT_FALSE(own_unit(name)) << name;
}

TEST(LengthUm, IsALengthOfAnyUnitInMicrometers) {
  EXPECT_EQ(length_um(0.123456789012345678, "um"), 0.123456789012345678) << "as it is";
  EXPECT_EQ(length_um(340, "nm"), 0.34);
  EXPECT_EQ(length_um(0.00034, "mm"), 0.34);
  EXPECT_EQ(length_um(3.4e-7, "m"), 0.34);
  EXPECT_EQ(length_um(3400, "angstrom"), 0.34);
  EXPECT_EQ(length_um(0.34, "\xc2\xb5m"), 0.34);
  for (const char* none : {"", "s", "px", "pixel"}) EXPECT_FALSE(length_um(1, none)) << none;
}

}  // namespace
}  // namespace parfocal
