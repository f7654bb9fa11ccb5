#pragma once
/// What the parts of `threshold` share: levels are one f64 for each frame or for the whole stack.

#include <limits>
#include <string>

#include "parfocal/core/operator_info.h"
#include "parfocal/kernels/scratch.h"

namespace parfocal::threshold_parts {

/// Parameters of the folds that find a level.
struct LevelParams {
  std::string per = "frame";
  double factor = 1;
  double offset = 0;
  /// The number that pixels are compared with.
  double effective(double level) const { return level * factor + offset; }
};

inline Parameters<LevelParams> level_params() {
  return Parameters<LevelParams>()
      .add("per", &LevelParams::per, "one level for each frame, or one for the stack")
      .choices({"frame", "stack"})
      .defaults("frame")
      .add("factor", &LevelParams::factor, "multiplies the level")
      .defaults("1")
      .add("offset", &LevelParams::offset, "added to the level after the factor")
      .defaults("0");
}

/// A Value of f64 over the images of `image`: folded over the item axes, and over the stream axes
/// too for `per: stack`. \throws Error if there are no pixels to count
inline PortLayout level_port(const PortLayout& image, const std::string& per) {
  if (image.layout.item.empty())
    fail_layout("threshold needs images", image.layout.str(), "at least one axis inside the item",
                "collect over an axis first");
  if (image.layout.item_count() > std::numeric_limits<uint32_t>::max())
    fail_layout("the images are too large to count their pixels", image.layout.str(),
                "fewer than 2^32 pixels a frame", "crop, or make z a stream axis");
  Layout layout = image.layout;
  layout.dtype = DType::f64;
  layout.item.clear();
  if (per == "stack") layout.stream.clear();
  return image_port(std::move(layout));
}

/// Fixed start of every fold state here.
struct FoldHead {
  int64_t items = 0;
};
inline Status no_images() {
  return Status::fail("no frame to take a threshold from: all are missing",
                      "look at the reasons in frames.csv");
}

}  // namespace parfocal::threshold_parts
