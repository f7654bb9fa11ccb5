#pragma once
/// Numbers as people write them: with a decimal comma, and with units by name.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parfocal {

/// How "1,5 µm", "650 nanometers", "2.5 pixels" or "10 Hz" may stand: "1.5 um", "650 nm", "2.5 px",
/// "0.1 s" (the time of one frame); most likely first. Empty: no number, or none with a unit.
std::vector<std::string> meant_quantities(std::string_view text);
/// "1,5 px", "-0,5"
bool has_decimal_comma(std::string_view text);
/// "1,000 px" -> "1000 px", where the comma may as well be a decimal one; "" where it cannot part
/// thousands.
std::string without_thousands(std::string_view text);
/// "4G", "1,5 GiB", "8 Gb" -> "4GiB", "1.5GiB", "8GiB"; "" where no size is meant.
std::string meant_bytes(std::string_view text);
/// The number in front of a text: 5 of "5 um", 1.5 of "1,5 um".
std::optional<double> leading_number(std::string_view text);
/// With the fewest digits that give the same number: "0.65".
std::string number_text(double value);

}  // namespace parfocal
