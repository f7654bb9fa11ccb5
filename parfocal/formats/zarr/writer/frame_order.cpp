#include "parfocal/formats/zarr/writer/frame_order.h"

#include <algorithm>

namespace parfocal {
namespace {

[[noreturn]] void refuse(const std::string& what, const ImageSpec& image, const std::string& given,
                         const std::string& needed) {
  throw Error(ErrorCode::invalid_pipeline, Issue{what, image.path, given, needed, ""});
}

// Rows of cells that `steps` steps of an axis touch, wherever they begin.
int64_t rows_of_steps(const SteppedAxis& axis, int64_t steps) {
  const int64_t rows = (steps + axis.cell - 2) / axis.cell + 1;
  return axis.size == kUnbounded ? rows : std::min(rows, axis.cells());
}

// Steps of the axis that share a cell.
int64_t shared(const SteppedAxis& axis) {
  return axis.size == kUnbounded ? axis.cell : std::min(axis.cell, axis.size);
}

}  // namespace

FrameOrder frame_order(const ImageSpec& image, const std::string& names, int64_t any_within) {
  FrameOrder order;
  order.any_within = std::max<int64_t>(0, any_within);
  std::string known;
  for (size_t a = 0; a < image.stream_rank(); ++a) known += image.axes[a].name;
  for (const char name : names.empty() ? known : names)
    if (const size_t axis = known.find(name); axis != known.npos) order.axes.push_back(axis);
  std::vector<size_t> sorted = order.axes;
  std::sort(sorted.begin(), sorted.end());
  const bool each_once = sorted.size() == known.size() &&
                         std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
  if (!each_once) refuse("the order of frames does not name each axis once", image, names, known);
  for (size_t i = 1; i < order.axes.size() && any_within <= 0; ++i)
    if (image.axes[order.axes[i]].size == kUnbounded)
      refuse("an axis without end is not the slowest one", image, names,
             "an order that begins with " + image.axes[order.axes[i]].name +
                 ", or any order within so many steps of it");
  return order;
}

int64_t open_cells(const std::vector<SteppedAxis>& axes, const FrameOrder& order) {
  int64_t open = 1;
  if (order.any_within > 0 && !axes.empty()) {
    open = rows_of_steps(axes[0], order.any_within);
    for (size_t a = 1; a < axes.size(); ++a) open *= axes[a].cells();
    return open;
  }
  // What spans steps of one axis is open while all faster axes run through.
  size_t i = 0;
  while (i < order.axes.size() && shared(axes[order.axes[i]]) == 1) ++i;
  for (++i; i < order.axes.size(); ++i) open *= axes[order.axes[i]].cells();
  return open;
}

int64_t open_rows(const std::vector<SteppedAxis>& axes, const FrameOrder& order) {
  if (axes.empty()) return 1;
  if (order.any_within > 0) return rows_of_steps(axes[0], order.any_within) + 1;
  return order.axes.front() == 0 ? 2 : axes[0].cells();
}

}  // namespace parfocal
