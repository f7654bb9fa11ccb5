#include "parfocal/formats/tiff/plane_map.h"

#include <gtest/gtest.h>

namespace parfocal {
namespace {

TEST(PlaneMap, FindsThePageOfEveryPlane) {
  PlaneMap map;
  map.add({4, 2, 1, 7});
  map.add({0, 3, 0, 5});
  ASSERT_EQ(map.sort(), -1);
  for (const int64_t none : {-1, 3, 6, 100}) EXPECT_FALSE(map.find(none)) << none;
  for (const int64_t plane : {0, 1, 2, 4, 5}) {
    const auto place = map.find(plane);
    ASSERT_TRUE(place) << plane;
    EXPECT_EQ(place->plane, plane);
    EXPECT_EQ(place->count, 1);
    EXPECT_EQ(place->file, plane < 3 ? 0 : 1);
    EXPECT_EQ(place->page, plane < 3 ? 5 + plane : 7 + plane - 4);
  }
}

TEST(PlaneMap, JoinsOnlyWhatGoesOn) {
  PlaneMap map;
  map.add({0, 2, 0, 0});
  map.add({2, 1, 0, 2});  // goes on
  map.add({3, 0, 0, 3});  // nothing
  EXPECT_EQ(map.runs().size(), 1u);
  map.add({3, 1, 1, 3});    // of another file
  map.add({4, 1, 1, 9});    // another page
  map.add({6, 1, 1, 10});   // another plane
  map.add({7, -1, 1, 11});  // as many as there are
  map.add({8, 1, 1, 12});
  EXPECT_EQ(map.runs().size(), 6u);
}

TEST(PlaneMap, TellsThePlaneThatIsListedTwice) {
  PlaneMap map;
  map.add({5, 2, 0, 0});
  map.add({0, 5, 0, 2});
  EXPECT_EQ(map.sort(), -1) << "they touch";
  map.add({6, 1, 0, 9});
  EXPECT_EQ(map.sort(), 6);
}

}  // namespace
}  // namespace parfocal
