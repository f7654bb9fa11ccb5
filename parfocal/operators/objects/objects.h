#pragma once
/// What the operators on objects share: how many there may be, which pixels are joined to one, and
/// on which images they work.

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/kernels/label.h"

namespace parfocal::objects {

/// Objects of one frame are declared, so that memory is known before the run.
inline constexpr int64_t kDefaultMaxObjects = 65535;
inline constexpr int64_t kMostObjects = int64_t{1} << 26;

template <class P>
Parameters<P> with_max_objects(Parameters<P> params) {
  params
      .add("max_objects", &P::max_objects,
           "most objects in one frame; memory is set aside for them")
      .at_least(1)
      .at_most(static_cast<double>(kMostObjects))
      .defaults(std::to_string(kDefaultMaxObjects));
  return params;
}

/// \throws Error unless it is 4 or 8
inline kernels::Connectivity connectivity_of(int64_t number) {
  if (number != 4 && number != 8)
    fail_layout("connectivity is out of range", std::to_string(number), "4 or 8",
                number == 1   ? "write connectivity: 4, which scikit-image calls 1"
                : number == 2 ? "write connectivity: 8, which scikit-image calls 2"
                              : "write connectivity: 8 to join diagonal neighbours, or 4 not to");
  return static_cast<kernels::Connectivity>(number);
}
template <class P>
Rules<P> connectivity_rules() {
  return Rules<P>().add({"connectivity"}, [](const P& p, const Connections&) {
    (void)connectivity_of(p.connectivity);
  });
}

/// Throws Error unless an item is one plane.
inline void need_plane(const std::string& op, const Layout& layout) {
  if (layout.item.size() != 2)
    fail_layout(op + " works on planes", layout.str(), "two axes inside the item",
                layout.item.size() > 2
                    ? "make z a stream axis in source.axes, or add a step before: "
                      "{op: select, axis: " +
                          layout.item[0].name + ", index: 0}"
                    : "collect over an axis first");
}

/// Cure for numbers that are no labels.
inline constexpr const char* kNumberAnew =
    "number the objects: add before this step {op: threshold, method: value, value: 0}, {op: "
    "label}";

/// The failure of a frame with label or count `found` above the limit.
inline Status too_many_objects(const std::string& op, int64_t found, int64_t max_objects) {
  return Status::fail({op + " found more objects than max_objects", "", std::to_string(found),
                       "at most " + std::to_string(max_objects),
                       found > kMostObjects
                           ? kNumberAnew
                           : "set max_objects: " + std::to_string(found) +
                                 " or more, or remove noise before (open, a higher threshold)"});
}

}  // namespace parfocal::objects
