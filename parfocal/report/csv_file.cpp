#include "parfocal/report/csv_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace parfocal::report {

Status CsvFile::open(const std::filesystem::path& path) {
  path_ = path;
  std::error_code unknown;
  if (std::filesystem::is_regular_file(path, unknown)) file_.open(path, std::ios::binary);
  if (!file_.is_open()) return Status::fail(path.filename().string() + " cannot be read");
  reader_.emplace(file_, ',');
  if (!reader_->next(row_)) {
    const std::string why = reader_->status().ok() ? "is empty" : reader_->status().issue().what;
    return Status::fail(path.filename().string() + ": " + why);
  }
  for (const DelimitedRow::Field& field : row_.fields) columns_.push_back(field.value());
  return {};
}

int CsvFile::find(const std::string& name) const {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  return found == columns_.end() ? -1 : static_cast<int>(found - columns_.begin());
}

void CsvFile::damaged(const std::string& what) {
  status_ = Status::fail(path_.filename().string() + " is damaged after " + std::to_string(rows_) +
                         " rows: " + what);
}

bool CsvFile::next() {
  if (!status_.ok()) return false;
  if (!reader_->next(row_)) {
    if (!reader_->status().ok()) damaged(reader_->status().issue().what);
    return false;
  }
  if (row_.fields.size() != columns_.size()) {
    damaged("a row has " + std::to_string(row_.fields.size()) + " fields of " +
            std::to_string(columns_.size()));
    return false;
  }
  ++rows_;
  return true;
}

std::optional<double> CsvFile::number(size_t column) const {
  const std::string& raw = row_.fields[column].raw;
  double value = 0;
  const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
  if (error != std::errc() || end != raw.data() + raw.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

}  // namespace parfocal::report
