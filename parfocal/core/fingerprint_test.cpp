#include "parfocal/core/fingerprint.h"

#include <gtest/gtest.h>

namespace parfocal {
namespace {

TEST(Fingerprint, IsFnv1a) {
  EXPECT_EQ(fingerprint_text(fingerprint_of("")), "cbf29ce484222325");
  EXPECT_EQ(fingerprint_text(fingerprint_of("a")), "af63dc4c8601ec8c");
  EXPECT_EQ(fingerprint_text(fingerprint_of("foobar")), "85944171f73967e8");
  EXPECT_EQ(fingerprint_of("bar", fingerprint_of("foo")), fingerprint_of("foobar"));
  EXPECT_EQ(fingerprint_text(10), "000000000000000a");
}

TEST(Shortened, TextsThatDifferBehindTheirBeginningStayDifferent) {
  EXPECT_EQ(shortened("foobar", 6), "foobar");
  EXPECT_EQ(shortened("foobar", 5), "fooba... 6 bytes, fingerprint 85944171f73967e8");
  EXPECT_NE(shortened("foobaz", 5), shortened("foobar", 5));
}

}  // namespace
}  // namespace parfocal
