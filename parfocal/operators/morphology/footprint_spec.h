#pragma once
/// Footprints as people write them: disk(3), disk(1.1), square(3), rectangle(3, 5).

#include <vector>

#include "parfocal/core/parameters.h"
#include "parfocal/kernels/footprint.h"

namespace parfocal {

/// Owns the chords of a flat footprint.
struct FootprintSpec {
  std::vector<kernels::Chord> chords;
  kernels::Footprint footprint() const {
    return {chords.data(), static_cast<int64_t>(chords.size())};
  }
  /// Halo of one erosion or dilation, in pixels.
  int64_t reach() const { return kernels::footprint_reach(footprint()); }
};

/// A rectangle with scipy's origin: an even side reaches one pixel further up or left.
FootprintSpec rectangle_footprint(int64_t rows, int64_t columns);

/// Largest radius, and half of the largest side: the halo of a tile grows with it.
inline constexpr int kMaxFootprintRadius = 200;

template <>
struct ParamTraits<FootprintSpec> {
  static std::string type_name() { return "footprint"; }
  /// Pixels, scikit-image's meanings: disk(radius), square(side), rectangle(rows, columns). In a
  /// YAML flow map a comma ends the value: quote it there, or write rectangle(3x5).
  static std::optional<std::string> parse(const RawValue& raw, FootprintSpec& out);
};

}  // namespace parfocal
