#pragma once

#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/image_tile.h"
#include "parfocal/kernels/plane.h"

/// Separable gaussian blur of one tile, equal in every byte for every tiling and SIMD target.
///
/// Order of the arithmetic, fixed for ever because goldens depend on it: the vertical pass first,
/// then the horizontal one, each pixel of a pass being
///     (...((w0*x0 + w1*(x[-1] + x[+1])) + w2*(x[-2] + x[+2])) ... + wr*(x[-r] + x[+r]))
/// without fused multiply-add. Integers and f32 are computed in float, f64 in double; the weights
/// are computed in double and rounded once to the type of the computation.
///
/// Border: `reflect` of scipy.ndimage (d c b a | a b c d | d c b a), only at the edges of the real
/// image, repeated as often as a radius larger than the image asks for.
///
/// \source scipy.ndimage.gaussian_filter, mode="reflect", truncate=4.0
namespace parfocal::kernels {

/// Radius in pixels: int(4 sigma + 0.5). 0 for sigma 0, which copies along that axis.
/// \pre sigma is finite and >= 0
int64_t gaussian_radius(double sigma) noexcept;

/// Writes the weights w[0..radius] of one half of the symmetric kernel, w[0] + 2 sum(w[1..]) = 1.
/// Returns the radius. `half_weights` has room for gaussian_radius(sigma) + 1 values.
int64_t gaussian_weights(double sigma, double* half_weights) noexcept;

/// One axis of the kernel, as gaussian_weights() made it.
struct GaussianAxis {
  const double* half_weights = nullptr;  ///< radius + 1 values
  int64_t radius = 0;
};

/// The computation's and the output's type for pixels of type T.
template <class T>
struct GaussianResult {
  using type = float;
};
template <>
struct GaussianResult<double> {
  using type = double;
};
template <class T>
using gaussian_result_t = typename GaussianResult<T>::type;

/// Bytes of scratch that gaussian() needs for an output of `output_width` columns; `element_bytes`
/// is sizeof(gaussian_result_t<T>). Grows with (2 radius_y + 1) * (output_width + 2 radius_x).
size_t gaussian_scratch_bytes(int64_t output_width, int64_t radius_y, int64_t radius_x,
                              size_t element_bytes) noexcept;

/// Blurs one tile. T: uint8_t, uint16_t, int16_t, uint32_t, int32_t, float, double.
/// \pre input covers [output - radius, output + size + radius) clipped to the image
/// \pre scratch has gaussian_scratch_bytes(output.width, ...) bytes, of any alignment
/// \pre output overlaps neither input nor scratch
/// NaN spreads over the footprint and comes out as the one quiet NaN.
/// \threads safe; each call needs its own output and scratch
template <class T>
void gaussian(Plane<const T> input, Plane<gaussian_result_t<T>> output, const ImageTile& tile,
              GaussianAxis vertical, GaussianAxis horizontal, void* scratch) noexcept;

}  // namespace parfocal::kernels
