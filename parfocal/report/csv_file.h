#pragma once
/// A table in CSV, row by row. Anybody may have written it.

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "parfocal/core/delimited_text.h"

namespace parfocal::report {

/// Holds one row of at most DelimitedReader::kMostRowBytes. Not thread-safe.
class CsvFile {
 public:
  /// Opens a regular file and reads the names of its columns. Fails where it cannot be read, or
  /// has none.
  Status open(const std::filesystem::path& path);
  const std::vector<std::string>& columns() const { return columns_; }
  /// The column of this name; -1 = there is none.
  int find(const std::string& name) const;
  /// Reads the next row; false at the end, or where the file is damaged: status() tells.
  bool next();
  const Status& status() const { return status_; }
  /// Rows that were read.
  int64_t rows() const { return rows_; }
  std::string text(size_t column) const { return row_.fields[column].value(); }
  bool empty(size_t column) const { return row_.fields[column].raw.empty(); }
  /// The finite number that a field is; else nothing.
  std::optional<double> number(size_t column) const;

 private:
  void damaged(const std::string& what);

  std::filesystem::path path_;
  std::ifstream file_;
  std::optional<DelimitedReader> reader_;
  DelimitedRow row_;
  std::vector<std::string> columns_;
  Status status_;
  int64_t rows_ = 0;
};

}  // namespace parfocal::report
