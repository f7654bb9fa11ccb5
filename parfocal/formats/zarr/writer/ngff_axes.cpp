#include "parfocal/formats/zarr/writer/ngff_axes.h"

#include "parfocal/core/operator_info.h"

namespace parfocal {

std::vector<Axis> ngff_axes(const Layout& layout, const std::string& step) {
  std::vector<Axis> axes = layout.stream;
  axes.insert(axes.end(), layout.item.begin(), layout.item.end());
  const std::string order = "tczyx";
  size_t next = 0;
  bool good = layout.item.size() >= 2;
  for (const Axis& axis : axes) {
    const size_t at = axis.name.size() == 1 ? order.find(axis.name[0]) : order.npos;
    if (at == order.npos)
      fail_layout("OME-Zarr has no place for axis '" + axis.name + "'",
                  step + " gives " + layout.str(), "axes out of t c z y x",
                  "choose one step of it (op: select), fold over it (op: reduce), or rename it in "
                  "source.axes");
    good = good && at >= next;
    next = at + 1;
  }
  if (!good || axes.size() < 2 || axes.back().name != "x" || axes[axes.size() - 2].name != "y")
    fail_layout("OME-Zarr needs its axes in the order t c z y x", step + " gives " + layout.str(),
                "some of t c z, then y x inside the frame", "change the order in source.axes");
  return axes;
}

}  // namespace parfocal
