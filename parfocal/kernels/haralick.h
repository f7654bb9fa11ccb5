#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "parfocal/kernels/plane.h"

namespace parfocal::kernels {

/// Haralick's texture features of one object, in this order.
enum class Texture : uint8_t {
  asm_,  ///< angular second moment
  con,   ///< contrast
  cor,   ///< correlation
  den,   ///< difference entropy
  ent,   ///< entropy
  f12,   ///< first information measure of correlation
  f13,   ///< second information measure of correlation
  idm,   ///< inverse difference moment
  sen,   ///< sum entropy
  sva,   ///< sum variance
  var,   ///< variance
};
inline constexpr int kTextures = 11;

/// Mean and range (greatest - least) of each feature over the four directions.
struct TextureRange {
  std::array<double, kTextures> mean, range;
};

/// Bytes of scratch of haralick(), aligned to 64 bytes.
size_t haralick_scratch_bytes() noexcept;

/// Texture of the pixels of `levels` that are not 0.
///
/// For each of the directions east, south-east, south and south-west: the symmetric matrix of how
/// often two levels are neighbours, pairs with a 0 left out, and the features of it. Entropies are
/// in bits, and f13 takes the natural exponential of one in bits, as mahotas does.
///
/// \shape   levels of one object, fewer than 2^26 pixels
/// \returns false when some direction has no pair; `out` is NaN then
/// \threads safe with one scratch per thread. Sums are of integers; a feature is rounded a few
/// times
///          only. Same bytes on every target.
/// \source  Haralick, Shanmugam, Dinstein 1973; mahotas.features.haralick(ignore_zeros=True)
bool haralick(Plane<const uint8_t> levels, TextureRange& out, void* scratch) noexcept;

}  // namespace parfocal::kernels
