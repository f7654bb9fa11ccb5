#pragma once
/// Units of length and time as files spell them: OME-XML, OME-NGFF, ImageJ and people.

#include <optional>
#include <string_view>

namespace parfocal {

/// One of the units of core/units.h, and how many of it a file's unit is.
struct OwnUnit {
  std::string_view unit;  ///< nm um mm m, ns us ms s min h
  double count = 1;       ///< "cm": 10 of "mm"
  double per = 1;         ///< "pm": 1 per 1000 of "nm": powers of ten divide exactly
  bool is_time = false;
  /// So many of the file's unit, in `unit`, to 15 digits (0.25 of an angstrom is 0.025 nm).
  double of(double value) const;
};

/// Knows all units of length and time of the OME schema 2016-06 and of OME-NGFF 0.5, by symbol (the
/// case matters: Mm, mm) and by English name (any case, singular or plural), and ImageJ's spellings
/// of the micron. nullopt: no unit of length or time ("pixel", "").
std::optional<OwnUnit> own_unit(std::string_view name);

/// A length in micrometers; nullopt where `unit` is none of length.
std::optional<double> length_um(double value, std::string_view unit);

}  // namespace parfocal
