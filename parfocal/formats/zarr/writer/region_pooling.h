#pragma once
/// The step from one level of a pyramid to the next for planes that wait in region logs: strip by
/// strip, so that memory holds two strips, however large the plane is.

#include <optional>

#include "parfocal/formats/zarr/writer/plane_pooling.h"
#include "parfocal/formats/zarr/writer/region_log.h"

namespace parfocal {

/// The same numbers as PlanePooling. Thread-safe.
class RegionPooling {
 public:
  static constexpr int64_t kStripBytes = int64_t{1} << 20;

  /// \pre smaller has half the pixels of larger in y and x, rounded up; z is not halved
  RegionPooling(const ArraySpec& larger, const ArraySpec& smaller, Pooling pooling);
  /// Of one thread: two strips, and rows of a tile on their way.
  struct Buffers {
    AlignedBuffer larger, smaller, rows;
  };
  Buffers make_buffers() const;
  int64_t buffer_bytes() const;
  /// Pools the plane of a frame. `to` by one thread at a time.
  Status pool(const RegionLog& from, RegionLog& to, int64_t frame, Buffers& buffers) const;

 private:
  Status pool_strip(const RegionLog& from, RegionLog& to, int64_t frame, int64_t y,
                    Buffers& buffers) const;
  DType dtype_;
  int64_t height_, width_, half_width_, strip_, tile_row_bytes_;
  PlanePooling step_;
  std::optional<PlanePooling> last_;  // of fewer rows
};

}  // namespace parfocal
