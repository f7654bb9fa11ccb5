#pragma once
/// In which order frames come, so that what has to be kept for those that are not complete is known
/// before the first one.

#include <cstdint>
#include <string>
#include <vector>

#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {

struct FrameOrder {
  std::vector<size_t> axes;  ///< axes of an image before y and x, the slowest first
  int64_t any_within = 0;    ///< steps of the first axis within which any order goes; 0: none
};

/// `names`: the axes before y and x, slowest first ("tzc"); axes that the image lacks are passed
/// over; "" = as the image has them. `any_within`: see StoreOptions::any_order_steps.
/// \throws Error(invalid_pipeline) if an axis of the image is not named, or is without end and not
/// the slowest one
FrameOrder frame_order(const ImageSpec& image, const std::string& names, int64_t any_within);

/// Steps of one axis, and how many of them share a cell: a chunk, a shard, a pair.
struct SteppedAxis {
  int64_t size = 1;  ///< or kUnbounded
  int64_t cell = 1;
  int64_t cells() const { return size == kUnbounded ? kUnbounded : (size + cell - 1) / cell; }
};
/// Cells that are begun and not complete at once, at most, when frames come in this order.
int64_t open_cells(const std::vector<SteppedAxis>& axes, const FrameOrder& order);
/// Steps along the first axis, in cells, of which some cells are complete and others are not.
int64_t open_rows(const std::vector<SteppedAxis>& axes, const FrameOrder& order);

}  // namespace parfocal
