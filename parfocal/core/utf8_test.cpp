#include "parfocal/core/utf8.h"

#include <gtest/gtest.h>

namespace parfocal {
namespace {

TEST(Utf8, ReplacesWhatIsNone) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(as_utf8(""), "");
  EXPECT_EQ(as_utf8("a\tb"), "a\tb");
  for (const char* good : {"\xc2\x80", "\xc3\xa4", "\xe2\x82\xac", "\xef\xbf\xbf",
                           "\xf0\x9f\x94\xac", "\xf4\x8f\xbf\xbf"})
    EXPECT_EQ(as_utf8(good), good);
  EXPECT_EQ(as_utf8("f\xff.tif"), "f" + bad + ".tif");
  EXPECT_EQ(as_utf8("\xc0\xaf"), bad + bad);            // longer than needed
  EXPECT_EQ(as_utf8("\xed\xa0\x80"), bad + bad + bad);  // half of a pair
  EXPECT_EQ(as_utf8("\xf4\x90\x80\x80"), bad + bad + bad + bad);
  EXPECT_EQ(as_utf8("\xe2\x82"), bad + bad);  // cut off
  EXPECT_EQ(as_utf8("\xe2\x82x"), bad + bad + "x");
}

}  // namespace
}  // namespace parfocal
