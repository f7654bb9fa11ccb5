#pragma once
/// What remove_small and clear_border share: they take objects away from a mask or from labels.

#include "parfocal/kernels/plane.h"
#include "parfocal/operators/objects/objects.h"

namespace parfocal::objects {

struct ObjectFilterParams {
  int64_t min_size = 1;  ///< of remove_small
  int64_t connectivity = 8;
  int64_t max_objects = kDefaultMaxObjects;
};

/// Sets table[label] of the labels 0..count to zero for what goes away.
using ChooseObjects = void (*)(const ObjectFilterParams&, kernels::Plane<const uint32_t> labels,
                               uint32_t count, uint32_t* table);

/// The registration block of such a step; `own`: parameters that the others do not have. It binds
/// to masks (whose objects are found by the connectivity) or to labels of u16 or u32, plane by
/// plane. What stays of labels is numbered anew, 1, 2, ... in their order.
OperatorInfo describe_object_filter(const std::string& name, std::string summary,
                                    std::string reference, ChooseObjects choose,
                                    Parameters<ObjectFilterParams> own = {});
RuleSet object_filter_rules();

}  // namespace parfocal::objects
