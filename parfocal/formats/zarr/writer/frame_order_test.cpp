#include "parfocal/formats/zarr/writer/frame_order.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace parfocal {
namespace {

ImageSpec image_of(const std::string& names, const std::vector<int64_t>& sizes) {
  ImageSpec image;
  for (size_t a = 0; a < sizes.size(); ++a)
    image.axes.push_back({names.substr(a, 1), sizes[a], 1, "", {}});
  image.axes.push_back({"y", 4, 1, "", {}});
  image.axes.push_back({"x", 4, 1, "", {}});
  return image;
}

// Walks through all frames in the order and counts the cells that are begun and not complete.
int64_t walked(const std::vector<SteppedAxis>& axes, const std::vector<size_t>& order) {
  int64_t frames = 1, most = 0;
  for (const SteppedAxis& axis : axes) frames *= axis.size;
  std::map<std::vector<int64_t>, int64_t> seen, left;
  for (int pass = 0; pass < 2; ++pass)
    for (int64_t i = 0; i < frames; ++i) {
      std::vector<int64_t> cell(axes.size());
      for (size_t k = order.size(), n = static_cast<size_t>(i); k-- > 0;) {
        const auto size = static_cast<size_t>(axes[order[k]].size);
        cell[order[k]] = static_cast<int64_t>(n % size) / axes[order[k]].cell;
        n /= size;
      }
      if (pass == 0) {
        ++seen[cell];
        continue;
      }
      if (!left.contains(cell)) left[cell] = seen[cell];
      most = std::max(most, static_cast<int64_t>(left.size()));
      if (--left[cell] == 0) {
        left.erase(cell);
        seen[cell] = 0;
      }
    }
  return most;
}

TEST(FrameOrder, StatesWhatIsOpenAtOnce_InEveryOrderOfAxes) {
  std::mt19937 random(5);
  for (int draw = 0; draw < 300; ++draw) {
    std::vector<SteppedAxis> axes(1 + random() % 3);
    for (SteppedAxis& axis : axes)
      axis = {1 + static_cast<int64_t>(random() % 7), 1 + static_cast<int64_t>(random() % 4)};
    FrameOrder order;
    for (size_t a = 0; a < axes.size(); ++a) order.axes.push_back(a);
    do {
      const int64_t stated = open_cells(axes, order), open = walked(axes, order.axes);
      ASSERT_GE(stated, open);
      if (std::all_of(axes.begin(), axes.end(),
                      [](const SteppedAxis& axis) { return axis.size % axis.cell == 0; })) {
        ASSERT_EQ(stated, open) << "what is stated is needed";
      }
    } while (std::next_permutation(order.axes.begin(), order.axes.end()));
  }
}

TEST(FrameOrder, AnyOrderWithinStepsKeepsAllShardsOfTheseSteps) {
  const std::vector<SteppedAxis> axes = {{kUnbounded, 4}, {3, 1}, {10, 5}};
  EXPECT_EQ(open_cells(axes, {{0, 1, 2}, 1}), 1 * 3 * 2);
  EXPECT_EQ(open_cells(axes, {{0, 1, 2}, 2}), 2 * 3 * 2) << "two steps may lie in two shards";
  EXPECT_EQ(open_cells(axes, {{0, 1, 2}, 9}), 3 * 3 * 2);
  EXPECT_EQ(open_cells({{6, 4}}, {{0}, 100}), 2) << "no more than there are";
}

TEST(FrameOrder, NamesAxesOnce_AndLetsNoFastAxisBeWithoutEnd) {
  const ImageSpec image = image_of("tcz", {kUnbounded, 2, 5});
  EXPECT_THAT(frame_order(image, "", 0).axes, testing::ElementsAre(0, 1, 2));
  EXPECT_THAT(frame_order(image, "tzc", 0).axes, testing::ElementsAre(0, 2, 1));
  EXPECT_THAT(frame_order(image_of("tz", {4, 5}), "zct", 0).axes, testing::ElementsAre(1, 0));
  for (const char* wrong : {"t", "tc", "tcc", "tczz", "ctz", "zct"})
    EXPECT_THROW(frame_order(image, wrong, 0), Error) << wrong;
  EXPECT_NO_THROW(frame_order(image, "ctz", 12)) << "what is open is bounded by the steps";
  EXPECT_THAT(frame_order(image_of("", {}), "", 0).axes, testing::IsEmpty());
}

}  // namespace
}  // namespace parfocal
