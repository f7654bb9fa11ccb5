#pragma once
/// Methods that find a threshold from how many pixels each grey level has.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace parfocal::kernels {

/// Equally spaced grey levels, ascending, the first and the last of them used.
struct LevelCounts {
  std::span<const uint64_t> counts;
  /// Integers: the level of counts[0]; the others follow by one.
  double first = 0;
  /// Floats: the middle of each bin; else null.
  const double* centres = nullptr;
  /// The pixels are float32, and scikit-image sums in float32.
  bool single = false;

  size_t size() const noexcept { return counts.size(); }
  double level(size_t i) const noexcept {
    return centres ? centres[i] : first + static_cast<double>(i);
  }
};

/// Bytes of scratch of any method for so many levels.
constexpr size_t level_scratch_bytes(size_t levels) noexcept { return levels * sizeof(double); }

/// A method by its name in the field: "otsu", "yen", "isodata", "triangle", "minimum", "li",
/// "mean".
struct LevelMethod {
  std::string_view name;
  /// Needs the counts of every level by itself, not of bins: li and mean.
  bool of_levels;
  /// Foreground is above the level that is returned. One used level only: that level, but for
  /// `minimum`. Nothing: the counts have no such level, and `problem` says why. Scratch is aligned
  /// to 8 bytes. Thread safe. \pre size() > 0
  std::optional<double> (*find)(const LevelCounts& of, void* scratch) noexcept;
  std::string_view problem = {};
};

/// \source scikit-image 0.26 filters/thresholding.py, whose roundings are kept where levels tie by
/// them: the same level of the same counts up to 2^24 pixels (above, it adds counts up in float32,
/// while ours are exact). Otsu 1979; Yen, Chang, Chang 1995; Ridler, Calvard 1978 (isodata); Zack,
/// Rogers, Latt 1977 (triangle); Prewitt, Mendelsohn 1966 (minimum); Li, Tam 1998; Glasbey 1993.
std::span<const LevelMethod> level_methods() noexcept;

/// \throws nothing; null for a name that is not there
const LevelMethod* level_method(std::string_view name) noexcept;

}  // namespace parfocal::kernels
