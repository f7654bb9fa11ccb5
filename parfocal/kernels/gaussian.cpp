#include "parfocal/kernels/gaussian.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/gaussian.cpp"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline size_t round_up_64(size_t bytes) { return (bytes + 63) / 64 * 64; }

template <bool kCanonical, class D, class V>
HWY_INLINE V one_quiet_nan(D d, V v) {
  if constexpr (kCanonical) {
    using F = hn::TFromD<D>;
    return hn::IfThenElse(hn::Eq(v, v), v, hn::Set(d, std::numeric_limits<F>::quiet_NaN()));
  } else {
    return v;
  }
}

/// Several vectors a step: the sums of one pixel depend on each other, those of neighbours do not.
template <bool kCanonical, int kVectors, class D, class F = hn::TFromD<D>>
HWY_INLINE void blend_block(D d, const F* const* taps, const F* weights, int64_t radius, int64_t x,
                            F* out) {
  static_assert(kVectors == 1 || kVectors == 4);
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const F* centre = taps[0] + x;
  auto w = hn::Set(d, weights[0]);
  auto s0 = hn::Mul(w, hn::LoadU(d, centre));
  auto s1 = s0, s2 = s0, s3 = s0;
  if constexpr (kVectors == 4) {
    s1 = hn::Mul(w, hn::LoadU(d, centre + lanes));
    s2 = hn::Mul(w, hn::LoadU(d, centre + 2 * lanes));
    s3 = hn::Mul(w, hn::LoadU(d, centre + 3 * lanes));
  }
  for (int64_t k = 1; k <= radius; ++k) {
    const F* a = taps[2 * k - 1] + x;
    const F* b = taps[2 * k] + x;
    w = hn::Set(d, weights[k]);
    const auto pair = [&](int64_t i) HWY_ATTR {
      return hn::Mul(w, hn::Add(hn::LoadU(d, a + i * lanes), hn::LoadU(d, b + i * lanes)));
    };
    s0 = hn::Add(s0, pair(0));
    if constexpr (kVectors == 4) {
      s1 = hn::Add(s1, pair(1));
      s2 = hn::Add(s2, pair(2));
      s3 = hn::Add(s3, pair(3));
    }
  }
  hn::StoreU(one_quiet_nan<kCanonical>(d, s0), d, out + x);
  if constexpr (kVectors == 4) {
    hn::StoreU(one_quiet_nan<kCanonical>(d, s1), d, out + x + lanes);
    hn::StoreU(one_quiet_nan<kCanonical>(d, s2), d, out + x + 2 * lanes);
    hn::StoreU(one_quiet_nan<kCanonical>(d, s3), d, out + x + 3 * lanes);
  }
}

/// out[x] = weights[0]*taps[0][x] + sum over k of weights[k]*(taps[2k-1][x] + taps[2k][x]).
/// Serves both passes: a tap is another row, or the same row shifted.
template <bool kCanonical, class F>
void blend(const F* const* taps, const F* weights, int64_t radius, int64_t n, F* out) {
  const hn::ScalableTag<F> d;
  const hn::CappedTag<F, 1> one;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t x = 0;
  for (; x + 4 * lanes <= n; x += 4 * lanes) {
    blend_block<kCanonical, 4>(d, taps, weights, radius, x, out);
  }
  for (; x + lanes <= n; x += lanes) {
    blend_block<kCanonical, 1>(d, taps, weights, radius, x, out);
  }
  if (x == n) return;
  if (n >= lanes) {  // the last vector overlaps its neighbour and computes the same values again
    blend_block<kCanonical, 1>(d, taps, weights, radius, n - lanes, out);
    return;
  }
  for (; x < n; ++x) blend_block<kCanonical, 1>(one, taps, weights, radius, x, out);
}

template <class T, class F>
void to_float(const T* HWY_RESTRICT src, int64_t n, F* HWY_RESTRICT dst) {
  for (int64_t i = 0; i < n; ++i) dst[i] = static_cast<F>(src[i]);
}

/// The scratch of one call, cut into pieces.
template <class F>
struct Workspace {
  F* weights_y;
  F* weights_x;
  const F** taps_y;
  const F** taps_x;
  F* line;  ///< one row after the vertical pass, with radius_x columns on either side
  /// Input rows as F; row y of the image stands in slot y % ring_rows. Rows that are F already are
  /// copied too: read in place, rows 8 KiB apart evict each other from the first-level cache.
  F* ring;
  int64_t ring_rows;
  int64_t ring_stride;

  Workspace(void* scratch, int64_t width, GaussianAxis y, GaussianAxis x) {
    auto* at = reinterpret_cast<std::byte*>(round_up_64(reinterpret_cast<uintptr_t>(scratch)));
    const auto take = [&at](size_t bytes) {
      std::byte* piece = at;
      at += round_up_64(bytes);
      return piece;
    };
    const int64_t line_width = width + 2 * x.radius;
    ring_rows = 2 * y.radius + 1;
    ring_stride = static_cast<int64_t>(round_up_64(line_width * sizeof(F)) / sizeof(F));
    weights_y = reinterpret_cast<F*>(take((y.radius + 1) * sizeof(F)));
    weights_x = reinterpret_cast<F*>(take((x.radius + 1) * sizeof(F)));
    taps_y = reinterpret_cast<const F**>(take((2 * y.radius + 1) * sizeof(F*)));
    taps_x = reinterpret_cast<const F**>(take((2 * x.radius + 1) * sizeof(F*)));
    line = reinterpret_cast<F*>(take(line_width * sizeof(F)));
    ring = reinterpret_cast<F*>(take(ring_rows * ring_stride * sizeof(F)));
    for (int64_t k = 0; k <= y.radius; ++k) weights_y[k] = static_cast<F>(y.half_weights[k]);
    for (int64_t k = 0; k <= x.radius; ++k) weights_x[k] = static_cast<F>(x.half_weights[k]);
  }
};

/// Fills the columns of a line that lie outside the image. `line` stands at column `first`.
template <class F>
void mirror_ends(F* line, int64_t first, int64_t width, int64_t image_width) {
  for (int64_t c = first; c < 0; ++c) line[c - first] = line[reflected(c, image_width) - first];
  for (int64_t c = std::max(image_width, first); c < first + width; ++c) {
    line[c - first] = line[reflected(c, image_width) - first];
  }
}

template <class T, class F = gaussian_result_t<T>>
void gaussian_tile(Plane<const T> input, Plane<F> output, const ImageTile& tile,
                   GaussianAxis vertical, GaussianAxis horizontal, void* scratch) {
  constexpr bool kCanonical = std::is_floating_point_v<T>;
  const int64_t ry = vertical.radius, rx = horizontal.radius;
  const int64_t first = tile.output_x - rx;
  const int64_t left = std::max<int64_t>(0, first);
  const int64_t right = std::min(tile.image_width, tile.output_x + output.width + rx);
  Workspace<F> work(scratch, output.width, vertical, horizontal);

  const auto source = [&](int64_t y) {
    return input.row(y - tile.window_y) + (left - tile.window_x);
  };
  const auto slot = [&](int64_t y) { return work.ring + y % work.ring_rows * work.ring_stride; };
  const auto row = [&](int64_t y) -> const F* { return slot(reflected(y, tile.image_height)); };
  work.taps_x[0] = work.line + rx;
  for (int64_t k = 1; k <= rx; ++k) {
    work.taps_x[2 * k - 1] = work.line + rx - k;
    work.taps_x[2 * k] = work.line + rx + k;
  }
  int64_t next = std::max<int64_t>(0, tile.output_y - ry);  // first row that is not in the ring
  for (int64_t i = 0; i < output.height; ++i) {
    const int64_t y = tile.output_y + i;
    for (const int64_t end = std::min(tile.image_height, y + ry + 1); next < end; ++next) {
      to_float(source(next), right - left, slot(next));
    }
    work.taps_y[0] = row(y);
    for (int64_t k = 1; k <= ry; ++k) {
      work.taps_y[2 * k - 1] = row(y - k);
      work.taps_y[2 * k] = row(y + k);
    }
    blend<false>(work.taps_y, work.weights_y, ry, right - left, work.line + (left - first));
    mirror_ends(work.line, first, output.width + 2 * rx, tile.image_width);
    blend<kCanonical>(work.taps_x, work.weights_x, rx, output.width, output.row(i));
  }
}

// One plain function a type: dispatch tables cannot hold templates.
#define PARFOCAL_GAUSSIAN_TARGET(T, name)                                                    \
  void name(Plane<const T> input, Plane<gaussian_result_t<T>> output, const ImageTile& tile, \
            GaussianAxis vertical, GaussianAxis horizontal, void* scratch) {                 \
    gaussian_tile<T>(input, output, tile, vertical, horizontal, scratch);                    \
  }
PARFOCAL_GAUSSIAN_TARGET(uint8_t, gaussian_u8)
PARFOCAL_GAUSSIAN_TARGET(uint16_t, gaussian_u16)
PARFOCAL_GAUSSIAN_TARGET(int16_t, gaussian_i16)
PARFOCAL_GAUSSIAN_TARGET(uint32_t, gaussian_u32)
PARFOCAL_GAUSSIAN_TARGET(int32_t, gaussian_i32)
PARFOCAL_GAUSSIAN_TARGET(float, gaussian_f32)
PARFOCAL_GAUSSIAN_TARGET(double, gaussian_f64)
#undef PARFOCAL_GAUSSIAN_TARGET

}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {

int64_t gaussian_radius(double sigma) noexcept { return static_cast<int64_t>(4.0 * sigma + 0.5); }

int64_t gaussian_weights(double sigma, double* half_weights) noexcept {
  const int64_t radius = gaussian_radius(sigma);
  half_weights[0] = 1.0;
  double total = 1.0;
  for (int64_t k = 1; k <= radius; ++k) {
    const double x = static_cast<double>(k);
    half_weights[k] = std::exp(-0.5 / (sigma * sigma) * (x * x));
    total += 2.0 * half_weights[k];
  }
  for (int64_t k = 0; k <= radius; ++k) half_weights[k] /= total;
  return radius;
}

size_t gaussian_scratch_bytes(int64_t output_width, int64_t radius_y, int64_t radius_x,
                              size_t element_bytes) noexcept {
  const auto piece = [](int64_t count, size_t bytes) {
    return (static_cast<size_t>(count) * bytes + 63) / 64 * 64;
  };
  const size_t line = piece(output_width + 2 * radius_x, element_bytes);
  return 64 + piece(radius_y + 1, element_bytes) + piece(radius_x + 1, element_bytes) +
         piece(2 * radius_y + 1, sizeof(void*)) + piece(2 * radius_x + 1, sizeof(void*)) + line +
         static_cast<size_t>(2 * radius_y + 1) * line;
}

#define PARFOCAL_GAUSSIAN(T, name)                                                        \
  HWY_EXPORT(name);                                                                       \
  template <>                                                                             \
  void gaussian<T>(Plane<const T> input, Plane<gaussian_result_t<T>> output,              \
                   const ImageTile& tile, GaussianAxis vertical, GaussianAxis horizontal, \
                   void* scratch) noexcept {                                              \
    HWY_DYNAMIC_DISPATCH(name)(input, output, tile, vertical, horizontal, scratch);       \
  }
PARFOCAL_GAUSSIAN(uint8_t, gaussian_u8)
PARFOCAL_GAUSSIAN(uint16_t, gaussian_u16)
PARFOCAL_GAUSSIAN(int16_t, gaussian_i16)
PARFOCAL_GAUSSIAN(uint32_t, gaussian_u32)
PARFOCAL_GAUSSIAN(int32_t, gaussian_i32)
PARFOCAL_GAUSSIAN(float, gaussian_f32)
PARFOCAL_GAUSSIAN(double, gaussian_f64)
#undef PARFOCAL_GAUSSIAN

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
