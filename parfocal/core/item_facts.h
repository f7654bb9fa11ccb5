#pragma once
/// What is known of the items of a port before any image is.

#include <algorithm>
#include <vector>

#include "parfocal/core/dtype.h"

namespace parfocal {

struct ItemFacts {
  enum class Shape : uint8_t { unknown, image, number };
  std::vector<DType> dtypes = {};  ///< it is one of these; empty: not known
  Shape shape = Shape::unknown;    ///< `number`: one for each item

  bool may_be(DType dtype) const {
    return dtypes.empty() || std::find(dtypes.begin(), dtypes.end(), dtype) != dtypes.end();
  }
  /// Whether some item of these may be one of `wanted`.
  bool may_meet(const ItemFacts& wanted) const {
    return shapes_meet(wanted) && (dtypes.empty() || wanted.dtypes.empty() ||
                                   std::any_of(dtypes.begin(), dtypes.end(),
                                               [&](DType dtype) { return wanted.may_be(dtype); }));
  }
  /// Whether all items of these are of `wanted`.
  bool surely_meets(const ItemFacts& wanted) const {
    return shape == wanted.shape && !dtypes.empty() &&
           std::all_of(dtypes.begin(), dtypes.end(),
                       [&](DType dtype) { return wanted.may_be(dtype); });
  }
  bool shapes_meet(const ItemFacts& wanted) const {
    return shape == Shape::unknown || wanted.shape == Shape::unknown || shape == wanted.shape;
  }
};

/// `of` of each type that the items may have.
template <class F>
std::vector<DType> each_dtype(const ItemFacts& items, F&& of) {
  std::vector<DType> made;
  for (int d = 0; d < kDTypeCount; ++d) {
    const auto dtype = static_cast<DType>(d);
    if (!items.may_be(dtype)) continue;
    const DType next = of(dtype);
    if (std::find(made.begin(), made.end(), next) == made.end()) made.push_back(next);
  }
  return made;
}

inline std::vector<DType> integer_dtypes() {
  return {DType::u8, DType::u16, DType::u32, DType::u64,
          DType::i8, DType::i16, DType::i32, DType::i64};
}

}  // namespace parfocal
