#pragma once
/// One event at a time: from its mask, its image and its background to its numbers.

#include <cstddef>

#include "parfocal/kernels/bitmask.h"
#include "parfocal/kernels/contour.h"
#include "parfocal/kernels/object_pixels.h"
#include "parfocal/kernels/polygon.h"
#include "parfocal/operators/flow/features.h"

namespace parfocal::flow {

/// The images of one frame, and what all its events share.
template <class T>
struct FlowFrame {
  kernels::Plane<const T> image, background;
  double offset = 0;
  double background_median = 0;
};

/// Computes features inside one block of scratch, on the box of the object. One for each worker and
/// frame; allocates nothing.
class ObjectFeatures {
 public:
  /// Bytes of scratch for objects of frames of width x height.
  static size_t scratch_bytes(int64_t width, int64_t height);
  ObjectFeatures(int64_t width, int64_t height, double pixel_size_um, void* scratch);

  /// Takes the mask of the pixels of `labels` (a whole frame) in `box` that are `label`.
  template <class L>
  void take_mask(kernels::Plane<const L> labels, L label, const kernels::Window& box);

  /// Contour features; false if the contour has no area, so that there is no event.
  bool contour(FeatureValues& values);
  /// \pre contour() gave true
  void volume(FeatureValues& values) const;
  /// Sums of the pixels: before brightness() and haralick().
  template <class T>
  void take_pixels(const FlowFrame<T>& frame);
  template <class T>
  void brightness(const FlowFrame<T>& frame, FeatureValues& values);
  template <class T>
  void haralick(const FlowFrame<T>& frame, FeatureValues& values);

 private:
  struct Work;
  static Work work_in(int64_t width, int64_t height, void* scratch);
  kernels::Plane<const uint8_t> mask() const;  ///< without the margin of one pixel
  void hull_features(const kernels::PolygonMoments& hull, FeatureValues& values) const;
  void principal_axes(const kernels::PolygonMoments& raw, FeatureValues& values) const;

  double pixel_um_;
  kernels::Window box_;
  kernels::Border border_;
  kernels::ObjectPixels pixels_;
  uint8_t *mask_, *steps_, *levels_;
  int32_t *rows_, *differences_;
  kernels::PixelPoint* corners_;
  uint32_t* bins_;
  std::byte* kernel_;
};

}  // namespace parfocal::flow
