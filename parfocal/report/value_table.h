#pragma once
/// What a table of measurements tells: the distribution of each column of numbers.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/report/column_samples.h"

namespace parfocal::report {

struct ValueTable {
  std::string problem;  ///< "" = the file is whole
  int64_t rows = 0;
  std::vector<SampledColumn> columns;
  std::vector<std::string> groups;  ///< datasets, else colours; one without a name: no groups
  size_t left_out = 0;              ///< columns of numbers that are not among them
  bool by_dataset = false, too_many_groups = false;
};

/// Reads the file once, in the memory of ColumnSamples. `coordinates` and `label` name rows, and
/// are no measurements.
ValueTable read_value_table(const std::filesystem::path& file,
                            const std::vector<std::string>& coordinates);

}  // namespace parfocal::report
