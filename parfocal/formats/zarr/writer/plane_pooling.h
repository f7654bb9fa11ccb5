#pragma once
/// The step from one level of a pyramid to the next, on planes in the tiles of their arrays: no
/// copy into whole planes in between. The arithmetic is that of kernels/downsample.h (mean) and
/// kernels/downsample_labels.h (mode, nearest); booleans are u8 0 and 1.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {

/// Knows how the tiles of two levels fit together. Planes lie in tiles as FrameLayout
/// says; a contiguous plane is one tile: an array whose
/// chunk is the plane. All calls are thread-safe; bytes of edge tiles outside the plane are neither
/// read nor written. Pointers are aligned to 16 bytes.
class PlanePooling {
 public:
  /// \pre smaller has half the pixels of larger in y and x, rounded up
  /// \throws Error(invalid_pipeline) for the mode of floats
  PlanePooling(const ArraySpec& larger, const ArraySpec& smaller, Pooling pooling);

  /// Bytes of `held` below: what is kept of the plane of a pair that came first.
  int64_t held_bytes() const { return held_bytes_; }
  /// Bytes of `scratch` below; 0 unless chunks of odd size cut the larger plane.
  int64_t scratch_bytes() const { return scratch_bytes_; }
  /// Bytes of this object.
  int64_t table_bytes() const;

  /// smaller = 2 x 2 pixels of `larger` pooled.
  void pool(const std::byte* larger, std::byte* smaller, std::byte* scratch) const;
  /// Keeps of `larger` what pool_pair() needs of it.
  void hold(const std::byte* larger, std::byte* held, std::byte* scratch) const;
  /// smaller = 2 x 2 x 2 pixels of the held plane and of `larger`; `held_is_upper`: the held plane
  /// is the one with the smaller z (only nearest asks).
  void pool_pair(const std::byte* held, bool held_is_upper, const std::byte* larger,
                 std::byte* smaller, std::byte* scratch) const;
  /// smaller = what pool() makes of the plane that is held.
  void pool_held(const std::byte* held, std::byte* smaller) const;

 private:
  // A rectangle that lies in one tile of either plane. Offsets and strides in pixels.
  struct Piece {
    int64_t larger, larger_stride, height, width;
    int64_t smaller, smaller_stride;
    int64_t half;  // of its first pixel in a contiguous plane of the smaller size
  };
  // A rectangle on its way from its tile into a contiguous plane.
  struct Copy {
    int64_t from, from_stride, to, height, width;
  };
  void gather_into_one_tile(const ArraySpec& larger);
  void add_pieces(const ArraySpec& larger, const ArraySpec& smaller);
  const std::byte* gathered(const std::byte* larger, std::byte* scratch) const;
  template <class F>
  void for_each_piece(F&& body) const;
  void pool_gathered(const std::byte* larger, std::byte* smaller) const;

  DType dtype_;
  Pooling pooling_;
  std::vector<Piece> pieces_;
  std::vector<Copy> copies_;  // empty unless chunks are odd
  int64_t plane_width_ = 0, half_width_ = 0;
  int64_t larger_bytes_ = 0, smaller_bytes_ = 0;  // larger: after gathering
  int64_t held_bytes_ = 0, scratch_bytes_ = 0;
};

}  // namespace parfocal
