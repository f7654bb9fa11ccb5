#include "parfocal/operators/flow/object_features.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "parfocal/kernels/bounding_box.h"
#include "parfocal/kernels/haralick.h"
#include "parfocal/kernels/scratch.h"

namespace parfocal::flow {

using kernels::Plane;
using kernels::PolygonMoments;

/// Contour and pixels take turns in one place: `shared` is as large as the larger of them.
struct ObjectFeatures::Work {
  uint8_t* mask;
  std::byte* shared;
  std::byte* kernel;
  size_t bytes;

  struct Contour {
    uint8_t* steps;
    int32_t* rows;
    kernels::PixelPoint* corners;
    size_t bytes;
  };
  static Contour contour_in(int64_t width, int64_t height, void* place) {
    kernels::ScratchCursor cursor(place);
    Contour c{};
    c.steps = cursor.take<uint8_t>(kernels::border_capacity(width, height));
    c.rows = cursor.take<int32_t>(2 * static_cast<size_t>(height));
    c.corners = cursor.take<kernels::PixelPoint>(2 * static_cast<size_t>(height));
    c.bytes = cursor.used_bytes();
    return c;
  }
  struct Pixels {
    int32_t* differences;
    uint8_t* levels;
    uint32_t* bins;
    size_t bytes;
  };
  static Pixels pixels_in(int64_t width, int64_t height, void* place) {
    const auto pixels = static_cast<size_t>(width * height);
    kernels::ScratchCursor cursor(place);
    Pixels p{};
    p.differences = cursor.take<int32_t>(pixels);
    p.levels = cursor.take<uint8_t>(pixels);
    p.bins = cursor.take<uint32_t>(kernels::kPercentileBins);
    p.bytes = cursor.used_bytes();
    return p;
  }
};

ObjectFeatures::Work ObjectFeatures::work_in(int64_t width, int64_t height, void* scratch) {
  const int64_t w = width + 2, h = height + 2;  // a margin of one pixel of background
  kernels::ScratchCursor cursor(scratch);
  Work work{};
  work.mask = cursor.take<uint8_t>(static_cast<size_t>(w * h));
  work.shared = cursor.take<std::byte>(std::max(Work::contour_in(w, h, nullptr).bytes,
                                                Work::pixels_in(width, height, nullptr).bytes));
  work.kernel = cursor.take<std::byte>(
      std::max(kernels::outer_start_scratch_bytes(w, h), kernels::haralick_scratch_bytes()));
  work.bytes = cursor.used_bytes();
  return work;
}

size_t ObjectFeatures::scratch_bytes(int64_t width, int64_t height) {
  return work_in(width, height, nullptr).bytes;
}

ObjectFeatures::ObjectFeatures(int64_t width, int64_t height, double pixel_size_um, void* scratch)
    : pixel_um_(pixel_size_um) {
  const Work work = work_in(width, height, scratch);
  const auto contour = Work::contour_in(width + 2, height + 2, work.shared);
  const auto pixels = Work::pixels_in(width, height, work.shared);
  mask_ = work.mask;
  kernel_ = work.kernel;
  steps_ = contour.steps;
  rows_ = contour.rows;
  corners_ = contour.corners;
  differences_ = pixels.differences;
  levels_ = pixels.levels;
  bins_ = pixels.bins;
}

Plane<const uint8_t> ObjectFeatures::mask() const {
  const int64_t stride = box_.width + 2;
  return {mask_ + stride + 1, box_.width, box_.height, stride};
}

template <class L>
void ObjectFeatures::take_mask(Plane<const L> labels, L label, const kernels::Window& box) {
  box_ = box;
  const int64_t stride = box.width + 2;
  std::fill_n(mask_, stride, uint8_t{0});
  std::fill_n(mask_ + (box.height + 1) * stride, stride, uint8_t{0});
  for (int64_t y = 0; y < box.height; ++y) {
    uint8_t* row = mask_ + (y + 1) * stride;
    const L* from = labels.row(box.y0 + y) + box.x0;
    row[0] = row[stride - 1] = 0;
    for (int64_t x = 0; x < box.width; ++x) row[x + 1] = from[x] == label;
  }
}

bool ObjectFeatures::contour(FeatureValues& values) {
  const int64_t stride = box_.width + 2;
  const Plane<const uint8_t> padded{mask_, stride, box_.height + 2, stride};
  const kernels::PixelPoint origin{static_cast<int32_t>(box_.x0) - 1,
                                   static_cast<int32_t>(box_.y0) - 1};
  border_ = kernels::outer_border(padded, kernels::outer_start(padded, kernel_), origin, steps_);
  const PolygonMoments raw = kernels::border_moments(border_);
  if (raw.m00 == 0) return false;
  kernels::BorderBox box;
  const int64_t corners = kernels::convex_hull(border_, corners_, rows_, &box);
  const PolygonMoments hull = kernels::polygon_moments(corners_, corners);
  const double p = pixel_um_;
  at(values, Feature::area_msd) = raw.m00;
  at(values, Feature::area_ratio) = hull.m00 / raw.m00;
  at(values, Feature::area_um_raw) = raw.m00 * (p * p);
  at(values, Feature::aspect) = static_cast<double>(box.width) / box.height;
  at(values, Feature::deform_raw) = 1 - 2 * std::sqrt(std::numbers::pi * raw.m00) / raw.length;
  at(values, Feature::per_ratio) = raw.length / hull.length;
  at(values, Feature::per_um_raw) = raw.length * p;
  at(values, Feature::size_x) = box.width * p;
  at(values, Feature::size_y) = box.height * p;
  hull_features(hull, values);
  principal_axes(raw, values);
  return true;
}

void ObjectFeatures::hull_features(const PolygonMoments& hull, FeatureValues& values) const {
  const double p = pixel_um_;
  at(values, Feature::area_um) = hull.m00 * (p * p);
  at(values, Feature::deform) = 1 - 2 * std::sqrt(std::numbers::pi * hull.m00) / hull.length;
  at(values, Feature::pos_x) = hull.m10 / hull.m00 * p;
  at(values, Feature::pos_y) = hull.m01 / hull.m00 * p;
  if (hull.mu02 > 0) at(values, Feature::inert_ratio_cvx) = std::sqrt(hull.mu20 / hull.mu02);
}

void ObjectFeatures::principal_axes(const PolygonMoments& raw, FeatureValues& values) const {
  const double xx = raw.mu20, yy = raw.mu02, xy = raw.mu11;
  at(values, Feature::tilt) = std::abs(0.5 * std::atan2(-2 * xy, xx - yy));
  if (yy > 0) at(values, Feature::inert_ratio_raw) = std::sqrt(xx / yy);
  const double root = std::sqrt((yy - xx) * (yy - xx) + 4 * (xy * xy));
  const double first = 0.5 * (yy + xx + root), second = 0.5 * (yy + xx - root);
  if (const double ratio = first / second; ratio >= 0)
    at(values, Feature::inert_ratio_prnc) = std::sqrt(ratio);
  at(values, Feature::eccentr_prnc) = std::sqrt((first - second) / first);
}

void ObjectFeatures::volume(FeatureValues& values) const {
  if (border_.points < 4) return;
  const double p = pixel_um_;
  at(values, Feature::volume) =
      kernels::revolved_volume(border_, at(values, Feature::pos_y) / p) * (p * p * p);
}

template <class T>
void ObjectFeatures::take_pixels(const FlowFrame<T>& frame) {
  pixels_ = kernels::object_pixels<T>(mask(), kernels::part_of(frame.image, box_),
                                      kernels::part_of(frame.background, box_), differences_);
}

template <class T>
void ObjectFeatures::brightness(const FlowFrame<T>& frame, FeatureValues& values) {
  const kernels::ObjectPixels& p = pixels_;
  const auto image = kernels::mean_and_deviation(p.count, p.sum, p.sum_of_squares);
  const auto corrected =
      kernels::mean_and_deviation(p.count, p.difference_sum, p.difference_sum_of_squares);
  constexpr double kPercents[2] = {10, 90};
  double found[2];
  kernels::percentiles(differences_, p.count, p.least, p.greatest, kPercents, 2, bins_, found);
  at(values, Feature::bg_med) = frame.background_median + frame.offset;
  at(values, Feature::bright_avg) = image.mean;
  at(values, Feature::bright_sd) = image.deviation;
  at(values, Feature::bright_bc_avg) = corrected.mean - frame.offset;
  at(values, Feature::bright_bc_sd) = corrected.deviation;
  at(values, Feature::bright_perc_10) = found[0] - frame.offset;
  at(values, Feature::bright_perc_90) = found[1] - frame.offset;
}

template <class T>
void ObjectFeatures::haralick(const FlowFrame<T>& frame, FeatureValues& values) {
  const Plane<const uint8_t> inside = mask();
  const Plane<const T> image = kernels::part_of(frame.image, box_);
  const Plane<const T> background = kernels::part_of(frame.background, box_);
  // Levels from 1 on. 8 bits: as dcnum, a range above 254 wraps. 16 bits: as coarse as they must
  // be.
  int shift = 0;
  if constexpr (sizeof(T) > 1)
    while (((pixels_.greatest - pixels_.least) >> shift) > 254) ++shift;
  for (int64_t y = 0; y < box_.height; ++y) {
    const uint8_t* bits = inside.row(y);
    const T *pixels = image.row(y), *below = background.row(y);
    uint8_t* levels = levels_ + y * box_.width;
    for (int64_t x = 0; x < box_.width; ++x) {
      const int32_t d = static_cast<int32_t>(pixels[x]) - static_cast<int32_t>(below[x]);
      levels[x] = static_cast<uint8_t>(bits[x] * (((d - pixels_.least) >> shift) + 1));
    }
  }
  kernels::TextureRange texture;
  kernels::haralick({levels_, box_.width, box_.height, box_.width}, texture, kernel_);
  double* next = &at(values, Feature::tex_asm_avg);
  for (size_t i = 0; i < kernels::kTextures; ++i) {
    *next++ = texture.mean[i];
    *next++ = texture.range[i];
  }
}

template void ObjectFeatures::take_mask<uint16_t>(Plane<const uint16_t>, uint16_t,
                                                  const kernels::Window&);
template void ObjectFeatures::take_mask<uint32_t>(Plane<const uint32_t>, uint32_t,
                                                  const kernels::Window&);
template void ObjectFeatures::take_pixels<uint8_t>(const FlowFrame<uint8_t>&);
template void ObjectFeatures::take_pixels<uint16_t>(const FlowFrame<uint16_t>&);
template void ObjectFeatures::brightness<uint8_t>(const FlowFrame<uint8_t>&, FeatureValues&);
template void ObjectFeatures::brightness<uint16_t>(const FlowFrame<uint16_t>&, FeatureValues&);
template void ObjectFeatures::haralick<uint8_t>(const FlowFrame<uint8_t>&, FeatureValues&);
template void ObjectFeatures::haralick<uint16_t>(const FlowFrame<uint16_t>&, FeatureValues&);

}  // namespace parfocal::flow
