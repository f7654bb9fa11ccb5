#include "parfocal/kernels/object_choice.h"
#include "parfocal/operators/objects/object_filter.h"

namespace parfocal {
namespace {

using objects::ObjectFilterParams;

void keep_inner(const ObjectFilterParams&, kernels::Plane<const uint32_t> labels, uint32_t count,
                uint32_t* table) {
  kernels::inner_objects(labels, count, table);
}

}  // namespace

PARFOCAL_OPERATOR(clear_border) {
  OperatorInfo info = objects::describe_object_filter(
      "clear_border",
      "Removes objects that touch the edge of the image from a mask or from labels (there all "
      "pieces of a label), plane by plane.",
      "skimage.segmentation.clear_border of each plane (which takes pieces of a label for objects)",
      keep_inner);
  info.example = "{op: clear_border}";
  return info;
}

PARFOCAL_RULES(operators, clear_border) { return objects::object_filter_rules(); }

}  // namespace parfocal
