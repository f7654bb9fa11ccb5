#include "parfocal/kernels/object_choice.h"
#include "parfocal/operators/objects/object_filter.h"
#include "parfocal/operators/objects/objects.h"

namespace parfocal {
namespace {

using objects::ObjectFilterParams;

void keep_inner(const ObjectFilterParams&, kernels::Plane<const uint32_t> labels, uint32_t count,
                uint32_t* table) {
  kernels::inner_objects(labels, count, table);
}

}  // namespace

PARFOCAL_OPERATOR(clear_border) {
  return OperatorInfo{
      .name = "clear_border",
      .summary =
          "Removes objects that touch the edge of the image from a mask or from labels, plane "
          "by plane.",
      .family = "objects",
      .kind = "map",
      .inputs = {{.dtypes = {DType::boolean, DType::u16, DType::u32},
                  .doc = "mask, or labels 1..n"}},
      .outputs = {{.doc = "the same dtype; labels that stay are numbered anew, in their order"}},
      .params =
          objects::with_max_objects(Parameters<ObjectFilterParams>()
                                        .add("connectivity", &ObjectFilterParams::connectivity,
                                             "of a mask: 8 joins diagonal neighbours into an "
                                             "object, 4 does not")
                                        .defaults("8")),
      .tolerance = "exact",
      .example = "{op: clear_border}",
      .reference =
          "skimage.segmentation.clear_border of each plane, and "
          "skimage.segmentation.relabel_sequential of labels",
      .make = [](const std::any& params, std::span<const PortLayout> inputs) {
        return objects::make_object_filter("clear_border", keep_inner, params, inputs);
      }};
}

PARFOCAL_RULES(operators, clear_border) {
  return Rules<ObjectFilterParams>()
      .add({"connectivity"},
           [](const ObjectFilterParams& p, const Connections&) {
             objects::check_connectivity(p.connectivity);
           })
      .takes_images("in")
      .like_first("out");
}

}  // namespace parfocal
