#include "datasets_record.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "parfocal/core/delimited_text.h"
#include "parfocal/core/fingerprint.h"
#include "parfocal/core/text_input.h"
#include "parfocal/engine/output_place.h"
#include "print.h"
#include "record_fields.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kSchema = "parfocal.datasets/1";
constexpr const char* kStatusNames[] = {"waiting", "ok", "some items failed", "failed", "stopped"};

std::string number_text(int64_t n) { return n < 0 ? "" : std::to_string(n); }

std::string value_of(const Dataset& dataset, const std::string& key) {
  for (const Setting& setting : dataset.settings)
    if (setting.key == key) return setting.value;
  return "";
}

Json row_json(const Dataset& dataset, const DatasetResult& result) {
  Json settings = Json::object();
  for (const Setting& setting : dataset.settings) settings[setting.key] = setting.value;
  Json row{{"dataset", dataset.name},
           {"settings", settings},
           {"status", status_name(result.status)},
           {"exit_code", result.exit_code}};
  if (result.images >= 0) row["images"] = result.images;
  if (result.missing >= 0) row["missing"] = result.missing;
  if (!result.reason.empty()) row["reason"] = result.reason;
  row["folder"] = dataset.name;
  row["record"] = dataset.name + "/" + engine::kRecordName;
  row["pipeline_fnv1a64"] = result.pipeline;
  row["input"] = result.input;
  row["record_fnv1a64"] = result.record;
  return row;
}

std::string row_text(const Json& row) {
  const int64_t images = number_in(row, "images", -1), missing = number_in(row, "missing", -1);
  std::string text = text_in(row, "status");
  if (images >= 0) text += ", " + counted(images, "image");
  if (missing >= 0) text += fmt::format(", {} missing", missing);
  if (const int64_t code = number_in(row, "exit_code", -1); code > 0)
    text += fmt::format(" (exit {})", code);
  const std::string reason = text_in(row, "reason");
  return reason.empty() ? text : text + ": " + reason;
}

}  // namespace

std::string status_name(DatasetStatus status) { return kStatusNames[static_cast<int>(status)]; }

std::string record_fingerprint(const fs::path& folder) {
  std::string text;
  if (!read_text_file(folder / engine::kRecordName, kMostRecordBytes, text).ok()) return "";
  return fingerprint_text(fingerprint_of(text));
}

std::map<std::string, DatasetResult> recorded_datasets(const fs::path& out) {
  std::map<std::string, DatasetResult> results;
  const Json record = record_in(out);
  for (const Json& row : list_in(record, "datasets")) {
    const std::string dataset = text_in(row, "dataset"), told = text_in(row, "record_fnv1a64");
    const auto* name =
        std::find(std::begin(kStatusNames), std::end(kStatusNames), text_in(row, "status"));
    constexpr int kOthersAreThere = static_cast<int>(ErrorCode::output_exists);
    if (name == std::end(kStatusNames) || !dataset_name_status(dataset).ok() ||
        number_in(row, "exit_code", -1) == kOthersAreThere)
      continue;
    DatasetResult& result = results[dataset];
    if (told.empty() || told != record_fingerprint(out / dataset)) continue;
    result = {static_cast<DatasetStatus>(name - std::begin(kStatusNames)),
              static_cast<int>(number_in(row, "exit_code", -1)),
              number_in(row, "images", -1),
              number_in(row, "missing", -1),
              text_in(row, "reason"),
              text_in(row, "pipeline_fnv1a64"),
              text_in(row, "input"),
              told};
  }
  return results;
}

std::string datasets_table(const Datasets& datasets, const std::vector<DatasetResult>& results) {
  std::string text = "dataset";
  for (const std::string& key : datasets.list.keys) text += "," + comma_field(key);
  text += ",status,images,missing,exit_code,reason,folder\n";
  for (size_t i = 0; i < results.size(); ++i) {
    const Dataset& dataset = datasets.list.datasets[i];
    const DatasetResult& result = results[i];
    text += comma_field(dataset.name);
    for (const std::string& key : datasets.list.keys)
      text += "," + comma_field(value_of(dataset, key));
    text += "," + status_name(result.status) + "," + number_text(result.images) + "," +
            number_text(result.missing) + "," + std::to_string(result.exit_code) + "," +
            comma_field(result.reason) + "," + comma_field(dataset.name) + "\n";
  }
  return text;
}

Json datasets_json(const Datasets& datasets, const std::vector<DatasetResult>& results,
                   int exit_code, bool running, const std::vector<std::string>& names) {
  const Description& description = datasets.description;
  Json provenance{{"parfocal", PARFOCAL_VERSION},
                  {"pipeline", description.name},
                  {"pipeline_text", description.text}};
  for (const IncludedText& one : description.included)
    provenance["included"].push_back({{"file", one.file}, {"text", one.text}});
  provenance["datasets"] = datasets.origin;
  if (!datasets.list.text.empty()) provenance["datasets_text"] = datasets.list.text;
  Json rows = Json::array();
  for (size_t i = 0; i < results.size(); ++i)
    rows.push_back(row_json(datasets.list.datasets[i], results[i]));
  Json json{{"schema", kSchema}, {"exit_code", running ? engine::kKilledExitCode : exit_code}};
  if (running) json["process"] = getpid();
  json["provenance"] = provenance;
  json["datasets"] = rows;
  json["names"] = names;
  return json;
}

bool is_datasets_folder(const fs::path& folder) {
  return text_in(record_in(folder), "schema") == kSchema;
}

std::vector<fs::path> folders_of_datasets(const fs::path& folder) {
  std::vector<fs::path> folders;
  const Json record = record_in(folder);
  if (text_in(record, "schema") != kSchema) return folders;
  for (const Json& row : list_in(record, "datasets"))
    if (const std::string name = text_in(row, "folder"); dataset_name_status(name).ok())
      folders.push_back(folder / name);
  return folders;
}

Facts datasets_facts(const std::string& path) {
  const Json record = record_in(path);
  const std::string at_work = engine::run_at_work(path);
  const int64_t code = number_in(record, "exit_code", -1);
  const bool killed = code < 0 || code == engine::kKilledExitCode;
  Facts facts = {
      {"path", path},
      {"format", "results of " + counted(std::ssize(list_in(record, "datasets")), "dataset")},
      {"status", !at_work.empty() ? "in progress: " + at_work + " is writing into this folder"
                 : killed         ? "killed before its end: what it had saved is there"
                                  : fmt::format("ended (exit {})", code)}};
  Json rows = Json::object();
  for (const Json& row : list_in(record, "datasets")) rows[text_in(row, "dataset")] = row_text(row);
  facts.emplace_back("dataset", rows);
  Json outputs = Json::array();
  for (const std::string& name : engine::recorded_names(path))
    if (name != engine::kRecordName && fs::exists(fs::path(path) / name)) outputs.push_back(name);
  facts.emplace_back("outputs", outputs);
  const auto folders = folders_of_datasets(path);
  const bool torn = std::any_of(folders.begin(), folders.end(), [](const fs::path& folder) {
    return !recover_lines(folder).empty() || !recover_lines(engine::staging_of(folder)).empty();
  });
  if (torn && at_work.empty())
    facts.emplace_back("to recover", shell_line({"parfocal", "recover", path}));
  return facts;
}

}  // namespace parfocal::cli
