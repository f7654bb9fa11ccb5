#include "parfocal/formats/zarr/writer/recovery_tables.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/store.h"
#include "parfocal/formats/zarr/writer/column_arrays.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int64_t kMostText = int64_t{1} << 20;

class Table {
 public:
  Table(const fs::path& root, std::string folder, int zarr_format)
      : root_(root),
        store_(root),
        folder_(std::move(folder)),
        file_(zarr_format == 3 ? "zarr.json" : ".zarray") {
    group_ = {root, folder_, zarr_format, "row", {}, {}};
  }

  Status finish(const std::string& axis, int64_t outer) {
    if (Status s = read_columns(); !s.ok() || columns_.empty()) return s;
    int64_t rows = INT64_MAX;
    for (const Json& column : columns_) rows = std::min(rows, column["shape"][0].get<int64_t>());
    if (Status s = cut_to(axis, outer, rows); !s.ok()) return s;
    for (size_t c = 0; c < columns_.size(); ++c)
      if (Status s = put(c, rows); !s.ok()) return s;
    return {};
  }

 private:
  // What is no array of rows is another's.
  Status read_columns() {
    std::vector<std::string> names;
    if (Status s = store_.list(folder_, SIZE_MAX, names); !s.ok()) return s;
    for (const std::string& name : names) {
      std::string text;
      bool found = false;
      if (Status s = read_text_object(store_, key_of(name), kMostText, text, found); !s.ok())
        return s;
      Json json = found ? Json::parse(text, nullptr, false) : Json();
      const bool rows = json.is_object() && json.contains("shape") && json["shape"].is_array() &&
                        json["shape"].size() == 1 && json["shape"][0].is_number_integer();
      if (!rows) continue;
      group_.columns.push_back({name, DType::i64, ""});
      columns_.push_back(std::move(json));
    }
    return {};
  }

  // Rows lie in the order of the frames, by the axis where there is one position.
  Status cut_to(const std::string& axis, int64_t outer, int64_t& rows) const {
    const auto find = [&](const std::string& name) {
      return std::find_if(group_.columns.begin(), group_.columns.end(),
                          [&](const ColumnSpec& column) { return column.name == name; });
    };
    const auto at = find(axis);
    if (at == group_.columns.end() || find("p") != group_.columns.end()) return {};
    const ColumnArrays arrays(group_);
    const size_t column = static_cast<size_t>(at - group_.columns.begin());
    int64_t low = 0, high = rows;
    while (low < high) {
      const int64_t row = low + (high - low) / 2;
      int64_t coordinate = 0;
      const auto bytes = std::as_writable_bytes(std::span(&coordinate, 1));
      if (Status s = arrays.read(column, row, bytes); !s.ok()) return s;
      coordinate < outer ? low = row + 1 : high = row;
    }
    rows = low;
    return {};
  }

  Status put(size_t c, int64_t rows) {
    if (columns_[c]["shape"][0] == rows) return {};
    columns_[c]["shape"][0] = rows;
    return write_file_atomically(root_ / key_of(group_.columns[c].name), columns_[c].dump(2), true);
  }
  std::string key_of(const std::string& name) const { return folder_ + "/" + name + "/" + file_; }

  fs::path root_;
  LocalStore store_;
  std::string folder_, file_;
  ColumnGroup group_;
  std::vector<Json> columns_;
};

}  // namespace

Status recover_tables(const fs::path& root, int zarr_format, const std::string& axis,
                      int64_t outer) {
  std::error_code absent;
  if (!fs::is_directory(root / "tables", absent)) return {};
  std::vector<std::string> names;
  if (Status s = LocalStore(root).list("tables", SIZE_MAX, names); !s.ok()) return s;
  for (const std::string& name : names)
    if (fs::is_directory(root / "tables" / name, absent))
      if (Status s = Table(root, "tables/" + name, zarr_format).finish(axis, outer); !s.ok())
        return s;
  return {};
}

}  // namespace parfocal
