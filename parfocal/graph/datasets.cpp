#include "parfocal/graph/datasets.h"

#include <algorithm>
#include <cctype>

#include "parfocal/core/utf8.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

// "the table names an unknown step" for "--set names an unknown step".
void replace_start(std::string& text, const std::string& from, const std::string& to) {
  if (text.starts_with(from)) text.replace(0, from.size(), to);
}

bool is_of_command_line(const Setting& setting) { return setting.place.file.starts_with("--set "); }

// An issue of `--set key=value` as one of the field of the table.
void move_to_table(Issue& issue, const Dataset& dataset) {
  for (const Setting& setting : dataset.settings) {
    if (is_of_command_line(setting) || issue.where != "--set " + set_text(setting)) continue;
    issue.where = setting.place.str();
    replace_start(issue.what, "--set", "the column");
    if (issue.cure.find("--set") != issue.cure.npos)
      issue.cure = "name the column as a step and its key, as mask.factor";
    return;
  }
}

bool is_plain(const std::string& value) {
  const auto is_word = [](unsigned char c) { return std::isalnum(c) != 0; };
  if (std::none_of(value.begin(), value.end(), is_word)) return false;  // "-" begins a list
  return std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '_' || c == '/' || c == '+' || c == '-' || c == '%';
  });
}

// Lists, maps and quoted text are YAML; what else begins so is a pattern of files.
bool is_yaml(const Setting& setting) {
  const std::string& value = setting.value;
  if (value == "~" || value == "null") return true;
  const bool pattern = setting.key.ends_with(".glob") || setting.key.ends_with(".path");
  if (!pattern) return value.find_first_of("[{\"'") == 0;
  return value.starts_with('"') || value.starts_with("[\"") || value.starts_with("['");
}

std::string quoted(const std::string& value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : std::string(1, c);
  }
  return text + '"';
}

}  // namespace

std::optional<DatasetsSpec> datasets_in(const Description& description) {
  const RawValue* given = description.document.find("datasets");
  if (!given || given->kind == RawValue::Kind::null) return std::nullopt;
  if (given->kind == RawValue::Kind::scalar && !given->text.empty())
    return DatasetsSpec{given->text, "", given->place};
  const RawValue* glob = given->find("glob");
  if (glob && given->entries.size() == 1 && glob->kind == RawValue::Kind::scalar &&
      !glob->text.empty())
    return DatasetsSpec{"", glob->text, glob->place};
  throw Error(ErrorCode::invalid_pipeline,
              {"'datasets' cannot be " + given->str(), given->place.str(), given->str(),
               "the name of a table, or a pattern of files with a group",
               "write datasets: datasets.csv, or datasets: {glob: '(?<dataset>[^/]+)/*.tif'}"});
}

Status dataset_name_status(const std::string& name) {
  constexpr size_t kMostBytes = 200;
  if (name.empty()) return Status::fail("a dataset has no name", "write a name");
  if (as_utf8(name) != name)
    return Status::fail("the name of a dataset is no UTF-8 text", "save the table as UTF-8");
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return Status::fail("the name of a dataset has a control character", "remove it");
  if (name.find('/') != name.npos)
    return Status::fail("the name of a dataset cannot have '/': it is that of a folder",
                        "write e.g. _ in its place");
  if (name.starts_with('.'))
    return Status::fail("the name of a dataset cannot begin with '.'", "begin it with a letter");
  if (name.starts_with(' ') || name.ends_with(' '))
    return Status::fail("the name of a dataset begins or ends with a blank", "remove the blank");
  if (name.size() > kMostBytes)
    return Status::fail("the name of a dataset is longer than 200 bytes", "choose a shorter one");
  return {};
}

std::string set_text(const Setting& setting) {
  const bool as_given = is_yaml(setting) || is_plain(setting.value);
  return setting.key + "=" + (as_given ? setting.value : quoted(setting.value));
}

void override_settings(DatasetList& list, const std::vector<std::string>& sets) {
  for (const std::string& set : sets) {
    const size_t equals = set.find('=');
    if (equals == set.npos || equals == 0) continue;  // told when it is applied
    const std::string key = set.substr(0, set.find_last_not_of(' ', equals - 1) + 1);
    if (std::find(list.keys.begin(), list.keys.end(), key) == list.keys.end()) continue;
    for (Dataset& dataset : list.datasets) {
      std::erase_if(dataset.settings, [&](const Setting& setting) { return setting.key == key; });
      dataset.settings.push_back({key, set.substr(equals + 1), {"--set " + set, 0, 0}});
    }
  }
}

Pipeline describe(const Description& description, const DatasetList& list, const Dataset& dataset,
                  const std::vector<std::string>& sets) {
  std::vector<Change> changes;
  for (const Setting& setting : dataset.settings)
    if (!setting.place.file.starts_with("--set "))
      changes.push_back({set_text(setting), list.folder});
  for (const std::string& set : sets) changes.push_back({set});
  try {
    return describe(description, changes);
  } catch (const Error& error) {
    std::vector<Issue> issues = error.issues();
    for (Issue& issue : issues) move_to_table(issue, dataset);
    throw Error(error.code(), std::move(issues));
  }
}

}  // namespace parfocal
