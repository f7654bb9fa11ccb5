#include "parfocal/kernels/object_choice.h"
#include "parfocal/operators/objects/object_filter.h"

namespace parfocal {
namespace {

using objects::ObjectFilterParams;

void keep_large(const ObjectFilterParams& p, kernels::Plane<const uint32_t> labels, uint32_t count,
                uint32_t* table) {
  kernels::object_sizes(labels, count, table);
  for (uint32_t label = 1; label <= count; ++label) table[label] = table[label] >= p.min_size;
}

}  // namespace

PARFOCAL_OPERATOR(remove_small) {
  Parameters<ObjectFilterParams> own;
  own.add("min_size", &ObjectFilterParams::min_size, "objects with fewer pixels are removed")
      .required()
      .at_least(1);
  OperatorInfo info = objects::describe_object_filter(
      "remove_small", "Removes small objects from a mask or from labels, plane by plane.",
      "skimage.morphology.remove_small_objects of each plane, with connectivity 2 for 8",
      keep_large, std::move(own));
  info.example = "{op: remove_small, min_size: 20}";
  return info;
}

PARFOCAL_RULES(operators, remove_small) { return objects::object_filter_rules(); }

}  // namespace parfocal
