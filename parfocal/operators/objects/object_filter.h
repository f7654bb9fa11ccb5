#pragma once
/// What remove_small and clear_border share: they take objects away from a mask or from labels.

#include "parfocal/core/operator_info.h"
#include "parfocal/core/rules.h"
#include "parfocal/kernels/plane.h"

namespace parfocal::objects {

struct ObjectFilterParams {
  int64_t min_size = 1;  ///< of remove_small
  int64_t connectivity = 8;
  int64_t max_objects = 65535;
};

/// Sets table[label] of the labels 0..count to zero for what goes away.
using ChooseObjects = void (*)(const ObjectFilterParams&, kernels::Plane<const uint32_t> labels,
                               uint32_t count, uint32_t* table);

void check_connectivity(int64_t connectivity);  ///< \throws Error unless 4 or 8

/// Binds to masks (whose objects are found by the connectivity) or to labels of u16 or u32, plane
/// by plane. What stays of labels is numbered anew, 1, 2, ... in their order.
std::unique_ptr<Operator> make_object_filter(const std::string& name, ChooseObjects choose,
                                             const std::any& params,
                                             std::span<const PortLayout> inputs);

}  // namespace parfocal::objects
