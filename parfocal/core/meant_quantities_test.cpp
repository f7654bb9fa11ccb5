#include "parfocal/core/meant_quantities.h"

#include <gtest/gtest.h>

namespace parfocal {
namespace {

std::string first(const char* text) {
  const auto meant = meant_quantities(text);
  return meant.empty() ? "" : meant.front();
}

TEST(MeantQuantities, HaveUnitsOfOurs) {
  const std::pair<const char*, const char*> cases[] = {
      {"650 nanometers", "650 nm"}, {"1 inch", "25.4 mm"},   {"0.65 Microns", "0.65 um"},
      {"2.5 pixels", "2.5 px"},     {"3 PX", "3 px"},        {"30 sec", "30 s"},
      {"2 minutes", "2 min"},       {"20 msec", "20 ms"},    {"1 day", "24 h"},
      {"10 Hz", "0.1 s"},           {"2 fps", "0.5 s"},      {"2 frames per second", "0.5 s"},
      {"4 1/min", "15 s"},          {"0 Hz", "0 Hz"},        {"30 Hz", "0.03333333333 s"},
      {"1.6 px/um", "0.625 um"},    {"650 nm/px", "650 nm"}, {"30 s/frame", "30 s"},
      {"1,5 \xc2\xb5m", "1.5 um"},  {"-0,5 um", "-0.5 um"},  {"3 parrots", "3 parrots"}};
  for (const auto& [given, meant] : cases) EXPECT_EQ(first(given), meant) << given;
  for (const char* none : {"", "px", "3", "1 px 2 px", "1.2.3 um", "nan um"})
    EXPECT_EQ(first(none), "") << none;
}

TEST(MeantQuantities, ACommaMayPartThousands) {
  EXPECT_EQ(without_thousands("1,000 px"), "1000 px");
  EXPECT_EQ(without_thousands("65,535"), "65535");
  for (const char* decimal : {"0,650", "1,5", "1,0000", "1234,567", ",100", "a,100"})
    EXPECT_EQ(without_thousands(decimal), "") << decimal;
  EXPECT_TRUE(has_decimal_comma("1,5 px"));
  for (const char* other : {"1 px, 2 px", "a, b", "1.5", "5,"})
    EXPECT_FALSE(has_decimal_comma(other)) << other;
}

TEST(MeantQuantities, SizesHaveWholeUnits) {
  const std::pair<const char*, const char*> cases[] = {{"4G", "4GiB"},        {"8 Gb", "8GiB"},
                                                       {"1,5 GiB", "1.5GiB"}, {"512 megs", ""},
                                                       {"-4G", ""},           {"lots", ""}};
  for (const auto& [given, meant] : cases) EXPECT_EQ(meant_bytes(given), meant) << given;
}

}  // namespace
}  // namespace parfocal
