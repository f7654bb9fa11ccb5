#include "parfocal/core/meant_axes.h"

#include <gtest/gtest.h>

namespace parfocal {
namespace {

std::string joined_axes(const RawValue& raw) { return with_joined_axes(raw).str(); }
std::string order(const std::string& text) { return joined_axes(RawValue::scalar(text)); }

TEST(MeantAxes, AreLettersOrWordsOfThem) {
  for (const char* t : {"t", "T", "time", "Frames"}) EXPECT_EQ(axis_letter(t), "t");
  EXPECT_EQ(axis_letter("slice"), "z");
  EXPECT_EQ(axis_letter("Height"), "y");
  EXPECT_EQ(axis_letter("column"), "x");
  EXPECT_EQ(axis_letter("gate"), "gate");
}

TEST(MeantAxes, InTheirOrderAreJoined) {
  EXPECT_EQ(order("TCZYX"), "tczyx");
  EXPECT_EQ(order("time y x"), "tyx");
  EXPECT_EQ(joined_axes(RawValue::list({RawValue::scalar("time"), RawValue::scalar("channel"),
                                        RawValue::scalar("Z"), RawValue::scalar("height"),
                                        RawValue::scalar("width")})),
            "tczyx");
  for (const char* other : {"auto", "yxt", "TXY", "file"}) EXPECT_EQ(order(other), other);
}

TEST(MeantAxes, OfParametersAreWordsListsAndKeys) {
  EXPECT_EQ(with_axis_letters(RawValue::scalar("Position")).str(), "p");
  EXPECT_EQ(
      with_axis_letters(RawValue::list({RawValue::scalar("row"), RawValue::scalar("X")})).str(),
      "[y, x]");
  RawValue sizes = RawValue::map();
  sizes.set("depth", RawValue::scalar("5"));
  EXPECT_EQ(with_axis_letters(sizes).str(), "{z: 5}");
}

}  // namespace
}  // namespace parfocal
