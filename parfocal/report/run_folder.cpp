#include "parfocal/report/run_folder.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "parfocal/core/folder_names.h"
#include "parfocal/core/text_input.h"
#include "parfocal/planner/plan_outline.h"
#include "parfocal/report/csv_file.h"
#include "parfocal/report/svg_text.h"

namespace parfocal::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int64_t kMostRecordBytes = int64_t{64} << 20;
constexpr int kMostDepth = 64;
constexpr size_t kMostListed = 1000, kMostDatasetColumns = 24, kMostField = 200;

std::string text_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}
int64_t integer_in(const Json& json, const char* key, int64_t otherwise = 0) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_integer() ? found->get<int64_t>() : otherwise;
}
double number_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : 0;
}
// The objects (or texts) of a list; what is none is passed over.
template <class F>
void for_each_in(const Json& json, const char* key, Json::value_t type, F&& f) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_array()) return;
  size_t n = 0;
  for (const Json& one : *found)
    if (one.type() == type && n++ < kMostListed) f(one);
}
std::vector<std::string> texts_in(const Json& json, const char* key) {
  std::vector<std::string> texts;
  for_each_in(json, key, Json::value_t::string,
              [&](const Json& one) { texts.push_back(one.get<std::string>()); });
  return texts;
}

void read_counts(const Json& json, RunFacts& facts) {
  facts.exit_code = integer_in(json, "exit_code", -1);
  facts.items = integer_in(json, "items");
  facts.broken = integer_in(json, "broken");
  facts.failed = integer_in(json, "failed");
  facts.lost = integer_in(json, "lost");
  facts.stopped = integer_in(json, "stopped");
  facts.peak_rss_bytes = integer_in(json, "peak_rss_bytes");
  facts.planned_peak_bytes = integer_in(json, "planned_peak_bytes");
  facts.base_bytes = integer_in(json, "base_bytes");
  facts.seconds = number_in(json, "seconds");
  facts.cpu_seconds = number_in(json, "cpu_seconds");
}

void read_provenance(const Json& json, RunFacts& facts) {
  const auto found = json.find("provenance");
  if (found == json.end() || !found->is_object()) return;
  facts.version = text_in(*found, "parfocal");
  facts.pipeline = text_in(*found, "pipeline");
  facts.pipeline_text = text_in(*found, "pipeline_text");
  facts.input = text_in(*found, "input");
  facts.sets = texts_in(*found, "sets");
  for_each_in(*found, "included", Json::value_t::object, [&](const Json& one) {
    facts.included.emplace_back(text_in(one, "file"), text_in(one, "text"));
  });
}

void read_record(const Json& json, RunFacts& facts) {
  facts.status = text_in(json, "status");
  read_counts(json, facts);
  read_provenance(json, facts);
  facts.notices = texts_in(json, "notices");
  facts.names = texts_in(json, "names");
  std::erase_if(facts.names, [](const std::string& name) { return !stays_below(name); });
  for_each_in(json, "edges", Json::value_t::object, [&](const Json& one) {
    facts.edges.push_back({text_in(one, "edge"), integer_in(one, "expected"),
                           integer_in(one, "received"), integer_in(one, "missing"),
                           integer_in(one, "dropped")});
  });
  for_each_in(json, "issues", Json::value_t::object, [&](const Json& one) {
    facts.issues.emplace_back(text_in(one, "where"), text_in(one, "what"));
  });
  if (const auto plan = json.find("plan"); plan != json.end())
    facts.plan = outline_from_json(plan->dump());
}

}  // namespace

RunFacts read_run_folder(const fs::path& folder) {
  RunFacts facts;
  std::error_code unknown;
  const fs::path file = folder / "run.json";
  facts.found = fs::exists(file, unknown);
  if (!facts.found) {
    facts.problem = "there is no run.json: what ran is not known";
    return facts;
  }
  std::string text;
  if (const Status s = read_text_file(file, kMostRecordBytes, text); !s.ok()) {
    facts.problem = "run.json cannot be read: " + s.issue().what;
    return facts;
  }
  const bool deep = nests_deeper(text, kMostDepth);
  const Json json = deep ? Json() : Json::parse(text, nullptr, false);
  if (json.is_object())
    read_record(json, facts);
  else
    facts.problem = "run.json is damaged: what ran is not known";
  return facts;
}

DatasetRows read_datasets(const fs::path& folder) {
  DatasetRows datasets;
  CsvFile csv;
  std::error_code unknown;
  if (!fs::exists(folder / "datasets.csv", unknown)) return datasets;
  datasets.found = true;
  if (const Status s = csv.open(folder / "datasets.csv"); !s.ok()) {
    datasets.problem = s.issue().what;
    return datasets;
  }
  const size_t columns = std::min(kMostDatasetColumns, csv.columns().size());
  for (size_t i = 0; i < columns; ++i)
    datasets.columns.push_back(shortened(csv.columns()[i], kMostField));
  const int column = csv.find("folder") >= 0 ? csv.find("folder") : csv.find("dataset");
  while (datasets.rows.size() < kMostListed && csv.next()) {
    std::vector<std::string> row;
    for (size_t i = 0; i < columns; ++i) row.push_back(shortened(csv.text(i), kMostField));
    datasets.rows.push_back(std::move(row));
    const std::string name = column >= 0 ? csv.text(static_cast<size_t>(column)) : "";
    datasets.folders.push_back(stays_below(name) ? name : "");
  }
  if (!csv.status().ok()) datasets.problem = csv.status().issue().what;
  return datasets;
}

}  // namespace parfocal::report
