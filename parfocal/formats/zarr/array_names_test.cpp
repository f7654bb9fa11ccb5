#include "parfocal/formats/zarr/array_names.h"

#include <gmock/gmock.h>

namespace parfocal {
namespace {

using testing::ElementsAre;

TEST(ArrayNames, AreThoseThatXarrayWrites) {
  EXPECT_THAT(parse_v2_names(R"({"_ARRAY_DIMENSIONS": ["z", "t", "y"]})", 3),
              ElementsAre("z", "t", "y"));
  for (const char* text :
       {R"({"_ARRAY_DIMENSIONS": ["z", "t"]})", "{}", "", "[1]",
        R"({"_ARRAY_DIMENSIONS": ["z", 1, "y"]})", R"({"_ARRAY_DIMENSIONS": "zty"})"})
    EXPECT_TRUE(parse_v2_names(text, 3).empty()) << text;
}

}  // namespace
}  // namespace parfocal
