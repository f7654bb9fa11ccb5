#pragma once
/// What the parts of `threshold` share: levels are one f64 for each frame or for the whole stack.

#include <limits>
#include <string>

#include "parfocal/core/operator_info.h"
#include "parfocal/kernels/level_methods.h"
#include "parfocal/kernels/scratch.h"

namespace parfocal::threshold_parts {

/// Parameters of the steps that find a level.
struct LevelParams {
  std::string method = "otsu";
  std::string per = "frame";
  double factor = 1;
  double offset = 0;
  /// The number that pixels are compared with.
  double effective(double level) const { return level * factor + offset; }
  /// Writes what `by` makes of the counts. `scratch`: level_scratch_bytes() of them.
  Status tell(const kernels::LevelMethod& by, const kernels::LevelCounts& of, void* scratch,
              Output& out) const {
    const std::optional<double> level = by.find(of, scratch);
    if (!level)
      return Status::fail(std::string(by.problem),
                          "use method: otsu, or add a step before: {op: gaussian, sigma: 2 px}");
    out.image.scalar<double>() = effective(*level);
    return {};
  }
};

/// Names of the methods for which `wanted` holds.
template <class F>
std::vector<std::string> method_names(F&& wanted) {
  std::vector<std::string> names;
  for (const kernels::LevelMethod& m : kernels::level_methods())
    if (wanted(m)) names.emplace_back(m.name);
  return names;
}

inline Parameters<LevelParams> level_params(std::vector<std::string> methods) {
  Parameters<LevelParams> result;
  const std::string first = methods.front();
  return result.add("method", &LevelParams::method, "how the level is found")
      .choices(std::move(methods))
      .defaults(first)
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
    fail_layout("a level or a range is one of images", image.layout.str(),
                "at least one axis inside the item", "collect over an axis first");
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
