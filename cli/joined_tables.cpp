#include "joined_tables.h"

#include <algorithm>
#include <fstream>

#include "parfocal/core/delimited_text.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDataset = "dataset";
constexpr size_t kNone = size_t(-1);

Status unreadable(const fs::path& file, const std::string& why) {
  return Status::fail("cannot read the table " + file.string() + (why.empty() ? "" : ": " + why));
}

/// Writes rows, and finds the place of every field of a part.
class Joiner {
 public:
  explicit Joiner(std::ofstream& out) : out_(out) {}

  Status add_columns(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    DelimitedReader reader(in, ',');
    DelimitedRow names;
    if (!in || !reader.next(names)) return unreadable(file, "");
    for (const auto& field : names.fields)
      if (const std::string name = column_of(field.raw); place_of(name) == kNone)
        columns_.push_back(name);
    return {};
  }

  void write_header() {
    out_ << kDataset;
    for (const std::string& column : columns_) out_ << ',' << column;
    out_ << '\n';
  }

  Status add_rows(const TablePart& part) {
    std::ifstream in(part.file, std::ios::binary);
    DelimitedReader reader(in, ',');
    DelimitedRow row;
    if (!in || !reader.next(row)) return unreadable(part.file, "");
    std::vector<size_t> field_of(columns_.size(), kNone);  // of this part, by column
    for (size_t k = 0; k < row.fields.size(); ++k)
      if (const size_t place = place_of(column_of(row.fields[k].raw)); place != kNone)
        field_of[place] = k;
    const std::string dataset = comma_field(part.dataset);
    while (reader.next(row)) {
      out_ << dataset;
      for (const size_t k : field_of) {
        out_ << ',';
        if (k < row.fields.size()) out_ << row.fields[k].raw;
      }
      out_ << '\n';
    }
    return reader.status().ok() ? Status() : unreadable(part.file, reader.status().issue().what);
  }

 private:
  // A step may be called so, too.
  static std::string column_of(const std::string& name) {
    return name == kDataset ? name + "_2" : name;
  }
  size_t place_of(const std::string& name) const {
    const auto it = std::find(columns_.begin(), columns_.end(), name);
    return it == columns_.end() ? kNone : static_cast<size_t>(it - columns_.begin());
  }

  std::ofstream& out_;
  std::vector<std::string> columns_;
};

Status write_joined(const std::vector<TablePart>& parts, const fs::path& to) {
  std::ofstream out(to, std::ios::binary | std::ios::trunc);
  Joiner joiner(out);
  for (const TablePart& part : parts)
    if (Status s = joiner.add_columns(part.file); !s.ok()) return s;
  joiner.write_header();
  for (const TablePart& part : parts) {
    if (Status s = joiner.add_rows(part); !s.ok()) return s;
    if (!out) break;
  }
  out.close();
  return out ? Status() : Status::fail("cannot write " + to.string(), "make room on the disk");
}

}  // namespace

Status join_tables(const std::vector<TablePart>& parts, const fs::path& to) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  const fs::path made = to.string() + ".part";
  Status s = write_joined(parts, made);
  if (s.ok()) fs::rename(made, to, error);
  if (s.ok() && error) s = Status::fail("cannot write " + to.string() + ": " + error.message());
  if (!s.ok()) fs::remove(made, error);
  return s;
}

}  // namespace parfocal::cli
