#include "parfocal/formats/tiff/name_grid.h"

#include <gmock/gmock.h>

namespace parfocal {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(NameGrid, CountsNumbersAndWordsOfAFullGrid) {
  EXPECT_THAT(name_grid({"t0_z0", "t0_z1", "t0_z2", "t1_z0", "t1_z1", "t1_z2"}), ElementsAre(2, 3));
  EXPECT_THAT(name_grid({"img_000_DAPI", "img_000_GFP", "img_001_DAPI", "img_001_GFP"}),
              ElementsAre(2, 2));
  EXPECT_THAT(name_grid({"A1", "A2", "B1", "B2"}), ElementsAre(2, 2));
}

TEST(NameGrid, CountsWhatGoesTogetherOnce) {
  EXPECT_THAT(name_grid({"w1DAPI_t1", "w1DAPI_t2", "w2GFP_t1", "w2GFP_t2"}), ElementsAre(2, 2));
  EXPECT_THAT(name_grid({"w1DAPI", "w2GFP"}), IsEmpty());
}

TEST(NameGrid, IsNoneOfAMovie) {
  EXPECT_THAT(name_grid({}), IsEmpty());
  EXPECT_THAT(name_grid({"a1"}), IsEmpty());
  EXPECT_THAT(name_grid({"a1", "a2", "a10"}), IsEmpty());
  EXPECT_THAT(name_grid({"12-00-58", "12-00-59", "12-01-00", "12-01-01"}), IsEmpty()) << "times";
  EXPECT_THAT(name_grid({"t0_z0", "t0_z1", "t1_z0"}), IsEmpty()) << "not full";
  EXPECT_THAT(name_grid({"t0_z0", "t0_z1", "t1_z0", "t1"}), IsEmpty());
}

}  // namespace
}  // namespace parfocal
