#pragma once
/// A CSV file whose writer was killed ends with a whole row, or with a part of one.

#include <cstdint>
#include <filesystem>

#include "parfocal/core/error.h"

namespace parfocal {

struct CsvRecovery {
  int64_t rows = 0;           ///< whole ones, the header not counted
  int64_t dropped_bytes = 0;  ///< of a row that was torn
};

/// Cuts the file behind its last whole row. Fails where a process writes it.
Status recover_csv(const std::filesystem::path& path, CsvRecovery& recovery);

/// Whether the file ends in the middle of a row.
bool ends_torn(const std::filesystem::path& path);

}  // namespace parfocal
