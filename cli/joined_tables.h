#pragma once
/// Tables of several datasets as one.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal::cli {

/// A table in CSV, as a run writes it.
struct TablePart {
  std::string dataset;
  std::filesystem::path file;
};

/// Writes the rows of all parts into `to`, in their order, behind a first column `dataset`. The
/// other columns are those of all parts, in the order in which they first come; where a part has
/// none, its fields are empty. Fields are copied as they are. Holds one row at a time; `to` is
/// complete or not there.
Status join_tables(const std::vector<TablePart>& parts, const std::filesystem::path& to);

}  // namespace parfocal::cli
