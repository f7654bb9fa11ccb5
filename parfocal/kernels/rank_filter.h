#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "parfocal/kernels/footprint.h"
#include "parfocal/kernels/image_tile.h"
#include "parfocal/kernels/plane.h"
#include "parfocal/kernels/selection_network.h"

namespace parfocal::kernels {

/// How a window is searched for its order statistic; made once for a step.
///
/// Small windows go through a network of comparisons, a vector of pixels at a time; of rectangles
/// the columns are sorted before, once for all windows that share them. Large windows of 8 or 16
/// bits are counted level by level, and only what enters and leaves is touched from one pixel to
/// the next (Huang 1979); other large windows are partly sorted, pixel by pixel.
class RankSearch {
 public:
  /// \pre the footprint has a pixel; rank < its pixels. The chords are copied.
  RankSearch(Footprint footprint, int64_t rank, size_t element_bytes);

  int64_t pixels() const { return pixels_; }
  int64_t rank() const { return rank_; }
  int64_t reach() const { return reach_; }
  const std::vector<Chord>& chords() const { return chords_; }

  enum class Way : uint8_t { box, pixels, counting, sorting };
  Way way() const { return way_; }
  /// Of a rectangle, which alone has way box.
  int64_t rows() const { return static_cast<int64_t>(chords_.size()); }
  int64_t columns() const { return chords_[0].end - chords_[0].begin; }
  const std::vector<Exchange>& column_sort() const { return column_sort_; }
  const SelectionNetwork& network() const { return network_; }

 private:
  std::vector<Chord> chords_;
  int64_t rank_, pixels_, reach_;
  Way way_ = Way::sorting;
  std::vector<Exchange> column_sort_;
  SelectionNetwork network_;
};

/// out(p) = the value of rank search.rank() (0 = smallest) among in(p + k), k in the footprint.
///
/// Border: `reflect` of scipy.ndimage, only at the edges of the real image. Of floats, NaN is
/// larger than every number and comes out as the one quiet NaN, and -0.0 is smaller than 0.0.
///
/// \shape   `in` covers `out` grown by search.reach() and clipped to the image
/// \scratch rank_filter_scratch_bytes, aligned to 64 bytes
/// \threads safe with one scratch per thread; `out` must not overlap `in`
/// Equal in every byte for every tiling and target.
/// T: uint8_t, uint16_t, uint32_t, int8_t, int16_t, int32_t, float, double
/// \source  scipy.ndimage.rank_filter, median_filter
template <class T>
void rank_filter(Plane<const T> in, Plane<T> out, const ImageTile& tile, const RankSearch& search,
                 void* scratch) noexcept;

/// Scratch for an output of `output_width` columns of this pixel size.
size_t rank_filter_scratch_bytes(int64_t output_width, const RankSearch& search,
                                 size_t element_bytes) noexcept;

}  // namespace parfocal::kernels
