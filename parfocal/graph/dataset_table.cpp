#include <algorithm>
#include <set>
#include <sstream>

#include "parfocal/core/delimited_text.h"
#include "parfocal/core/text_input.h"
#include "parfocal/core/utf8.h"
#include "parfocal/graph/datasets.h"
#include "parfocal/graph/issue_places.h"
#include "parfocal/graph/substitute.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostTableBytes = int64_t{4} << 20;
constexpr size_t kMostColumns = 256, kMostIssues = 100;
constexpr const char* kNameColumn = "dataset";

class TableReader {
 public:
  TableReader(const fs::path& file, const Description& description)
      : file_(file.string()), document_(description.document), ids_(step_ids(document_)) {
    list_.folder = file.parent_path();
    if (const Status s = read_text_file(file, kMostTableBytes, list_.text); !s.ok())
      throw Error(ErrorCode::input_missing,
                  {"the table of datasets cannot be read: " + s.issue().what, file_, "",
                   "a table (CSV) with a column dataset", "check the path"});
  }

  DatasetList read() {
    std::string text = list_.text;
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    require_text(text);
    std::istringstream stream(text);
    DelimitedReader reader(stream, separator_of(text.substr(0, text.find('\n'))));
    DelimitedRow row;
    if (reader.next(row)) read_header(row);
    const bool named = issues_.empty();
    while (named && issues_.size() < kMostIssues && list_.datasets.size() <= kMostDatasets &&
           reader.next(row))
      if (!row.is_blank()) read_row(row);
    if (!reader.status().ok()) {
      const Issue& found = reader.status().issue();
      issue(found.what, {file_, reader.line(), 0}, "", "a table as programs write it", found.cure);
    }
    if (list_.datasets.size() > kMostDatasets)
      issue("the table has too many datasets", {file_, 0, 0}, "",
            "at most " + std::to_string(kMostDatasets), "split the table");
    if (issues_.empty() && list_.datasets.empty())
      issue("the table has no dataset", {file_, 1, 0}, "", "a line of names, then a line for each",
            "write below it a line for each dataset");
    if (issues_.empty()) return std::move(list_);
    sort_by_place(issues_);
    throw Error(ErrorCode::invalid_pipeline, std::move(issues_));
  }

 private:
  void issue(std::string what, const Location& place, std::string given, std::string needed,
             std::string cure) {
    issues_.push_back(
        {std::move(what), place.str(), std::move(given), std::move(needed), std::move(cure)});
  }
  Location place_of(const DelimitedRow::Field& field) const {
    return {file_, field.line, field.column};
  }

  void require_text(const std::string& text) {
    if (as_utf8(text) != text)
      throw Error(ErrorCode::invalid_pipeline,
                  {"the table is no UTF-8 text", file_, "", "UTF-8", "save it as CSV, UTF-8"});
    const auto control = std::find_if(text.begin(), text.end(), [](unsigned char c) {
      return (c < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == 0x7f;
    });
    if (control == text.end()) return;
    const int line = 1 + static_cast<int>(std::count(text.begin(), control, '\n'));
    throw Error(ErrorCode::invalid_pipeline,
                {"the table has a control character", Location{file_, line, 0}.str(), "", "text",
                 "save it as CSV, UTF-8"});
  }

  void read_header(const DelimitedRow& row) {
    std::set<std::string> seen;
    if (row.fields.size() > kMostColumns)
      return issue("the table has too many columns", {file_, 1, 0},
                   std::to_string(row.fields.size()), "at most " + std::to_string(kMostColumns),
                   "remove some");
    for (const auto& field : row.fields) {
      const std::string name = field.value(), key = key_of(name);
      columns_.push_back(key);
      if (key.empty()) continue;  // told where it has values
      if (!seen.insert(key).second)
        issue("two columns have the name '" + name + "'", place_of(field), name, "every name once",
              "remove one of them");
      else if (key != kNameColumn && require_known(key, place_of(field)))
        list_.keys.push_back(key);
    }
    if (!seen.contains(kNameColumn))
      issue("the table has no column 'dataset'", {file_, 1, 0}, joined(columns_),
            "a column of names", "name the column of names dataset");
  }

  static std::string key_of(const std::string& name) {
    return name == "glob" || name == "files" || name == "path" ? "source." + name : name;
  }

  bool require_known(const std::string& key, const Location& place) {
    const size_t dot = key.find('.');
    const std::string owner = key.substr(0, dot);
    std::vector<std::string> known = ids_;
    known.insert(known.end(), {"source", "vars"});
    if (dot == key.npos) {
      if (key == "memory" || key == "on_error") return true;
      issue("the table has an unknown column '" + key + "'", place, key,
            "dataset, glob, files, path, memory, on_error, or a step and its key, as mask.factor",
            column_cure(key));
      return false;
    }
    if (std::find(known.begin(), known.end(), owner) != known.end() && dot + 1 < key.size())
      return true;
    issue("the column '" + key + "' names an unknown step '" + owner + "'", place, owner,
          "one of " + joined(known), did_you_mean(owner, known, "give the id of a step"));
    return false;
  }

  // sigma: "name it smooth.sigma", of the steps that have it.
  std::string column_cure(const std::string& key) const {
    const RawValue* steps = document_.find("steps");
    for (size_t i = 0; steps && i < ids_.size(); ++i) {
      const RawValue* op = steps->items[i].find("op");
      const OperatorInfo* info = op ? operators().find(op->text) : nullptr;
      if (info && info->params.find(key)) return "name it " + ids_[i] + "." + key;
    }
    return did_you_mean(key, {"dataset", "glob", "files", "path", "memory", "on_error"},
                        "remove the column");
  }

  void read_row(const DelimitedRow& row) {
    const size_t columns = columns_.size();
    for (size_t k = columns; k < row.fields.size(); ++k)
      if (!row.fields[k].raw.empty())
        return issue("a row has more fields than there are columns", place_of(row.fields[k]),
                     row.fields[k].value(), std::to_string(columns) + " fields",
                     "put text with a separator in quotes");
    if (row.fields.size() < columns)
      return issue("a row has fewer fields than there are columns", place_of(row.fields[0]),
                   std::to_string(row.fields.size()), std::to_string(columns) + " fields",
                   "add the missing separators; a field may be empty");
    Dataset dataset;
    for (size_t k = 0; k < columns; ++k) read_field(columns_[k], row.fields[k], dataset);
    list_.datasets.push_back(std::move(dataset));
  }

  void read_field(const std::string& column, const DelimitedRow::Field& field, Dataset& dataset) {
    const std::string value = field.value();
    if (column.empty()) {
      if (!value.empty())
        issue("a field stands in a column without a name", place_of(field), value,
              "a name in the first line", "name the column, or remove it");
    } else if (column != kNameColumn) {
      if (!value.empty()) dataset.settings.push_back({column, value, place_of(field)});
    } else {
      dataset.name = value;
      if (const Status s = dataset_name_status(value); !s.ok())
        issue(s.issue().what, place_of(field), value, "a name that a folder may have",
              s.issue().cure);
      else if (!names_.insert(value).second)
        issue("two datasets have the name '" + value + "'", place_of(field), value,
              "every name once", "rename one of them");
    }
  }

  std::string file_;
  const RawValue& document_;
  std::vector<std::string> ids_, columns_;
  std::set<std::string> names_;
  DatasetList list_;
  std::vector<Issue> issues_;
};

}  // namespace

DatasetList read_dataset_table(const fs::path& file, const Description& description) {
  return TableReader(file, description).read();
}

}  // namespace parfocal
