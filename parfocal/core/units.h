#pragma once
/// Numbers with units as people write them: "1.5 um", "20 ms", "2 GiB", "3".

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parfocal {

struct Quantity {
  double value = 0;
  std::string unit;  ///< as written, "" = none
};
/// "1.5 um" -> {1.5, "um"}; nullopt unless the text is one finite number and an optional word.
std::optional<Quantity> parse_quantity(std::string_view text);
/// "64MiB", "2 GiB", "1000000", "64 MB" -> bytes; nullopt if malformed, negative or overflowing.
std::optional<int64_t> parse_bytes(std::string_view text);
/// Factor from unit `from` to unit `to` ("nm" -> "um" = 0.001; "ms" -> "s"); nullopt if they do not
/// measure the same thing. "µm", "micrometer" and "um" are one unit.
std::optional<double> unit_factor(std::string_view from, std::string_view to);
/// The UDUNITS name that OME-NGFF wants ("um" -> "micrometer", "s" -> "second"); "" if unknown.
std::string ngff_unit(std::string_view unit);
/// 1536 -> "1.5 KiB"
std::string format_bytes(int64_t bytes);

/// A length along image axes, in pixels or in a physical unit that needs the axis' scale.
struct Length {
  double value = 0;
  std::string unit = "px";
  bool operator==(const Length&) const = default;
};

}  // namespace parfocal
