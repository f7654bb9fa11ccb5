#include "parfocal/kernels/object_choice.h"
#include "parfocal/operators/objects/object_filter.h"
#include "parfocal/operators/objects/objects.h"

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
  return OperatorInfo{
      .name = "remove_small",
      .summary = "Removes small objects from a mask or from labels, plane by plane.",
      .family = "objects",
      .kind = "map",
      .inputs = {{.dtypes = {DType::boolean, DType::u16, DType::u32},
                  .doc = "mask, or labels 1..n"}},
      .outputs = {{.doc = "the same dtype; labels that stay are numbered anew, in their order"}},
      .params = objects::with_max_objects(
          Parameters<ObjectFilterParams>()
              .add("min_size", &ObjectFilterParams::min_size,
                   "objects with fewer pixels are removed")
              .required()
              .at_least(1)
              .add("connectivity", &ObjectFilterParams::connectivity,
                   "of a mask: 8 joins diagonal neighbours into an object, 4 does not")
              .defaults("8")),
      .tolerance = "exact",
      .example = "{op: remove_small, min_size: 20}",
      .reference =
          "skimage.morphology.remove_small_objects of each plane, with connectivity 2 for 8, "
          "and skimage.segmentation.relabel_sequential of labels",
      .make = [](const std::any& params, std::span<const PortLayout> inputs) {
        return objects::make_object_filter("remove_small", keep_large, params, inputs);
      }};
}

PARFOCAL_RULES(operators, remove_small) {
  return Rules<ObjectFilterParams>()
      .add({"connectivity"},
           [](const ObjectFilterParams& p, const Connections&) {
             objects::check_connectivity(p.connectivity);
           })
      .takes_images("in")
      .like_first("out");
}

}  // namespace parfocal
