#pragma once
/// What names a measurement, so that a file is found again as another's basin.

#include <optional>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

/// As dcnum has it: `experiment:run identifier`, else the MD5, as a UUID, of "time_date_setup" (the
/// attributes experiment:time, experiment:date, setup:identifier, each as Python prints it);
/// nullopt if one of them is missing or empty.
std::optional<std::string> measurement_identifier(const H5File& file);
/// All that the file may be called: dcnum's, and dclab's, which differs for attributes of fixed
/// length (Python prints bytes as b'...').
std::vector<std::string> measurement_identifiers(const H5File& file);

}  // namespace parfocal
