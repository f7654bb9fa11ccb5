#include <fmt/format.h>

#include <fstream>

#include "datasets_record.h"
#include "info_parts.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/engine/record.h"
#include "print.h"
#include "record_fields.h"
#include "recover_parts.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string status_text(const Json& record, const std::string& at_work) {
  if (!at_work.empty()) return "in progress: " + at_work + " is writing into this folder";
  const int64_t code = number_in(record, "exit_code", engine::kKilledExitCode);
  if (code == engine::kKilledExitCode) return "killed before its end: what it had saved is there";
  return fmt::format("{} (exit {})", text_in(record, "status"), code);
}

Json outputs_in(const fs::path& folder) {
  Json outputs = Json::array();
  for (const std::string& name : engine::recorded_names(folder))
    if (name != engine::kRecordName && fs::exists(folder / name)) outputs.push_back(name);
  return outputs;
}

Json edges_of(const Json& record) {
  Json edges = Json::object();
  for (const Json& edge : list_in(record, "edges"))
    edges[text_in(edge, "edge")] =
        fmt::format("{} of {} received, {} missing", number_in(edge, "received", 0),
                    number_in(edge, "expected", 0), number_in(edge, "missing", 0));
  return edges;
}

Json issues_of(const Json& record) {
  Json issues = Json::array();
  for (const Json& issue : list_in(record, "issues"))
    issues.push_back(text_in(issue, "where") + ": " + text_in(issue, "what"));
  return issues;
}

}  // namespace

std::vector<std::string> recover_lines(const fs::path& folder) {
  std::vector<std::string> lines;
  for (const std::string& name : engine::recorded_names(folder))
    if (wants_recovery(folder / name))
      lines.push_back(shell_line({"parfocal", "recover", (folder / name).string()}));
  return lines;
}

bool was_killed(const fs::path& folder) {
  return fs::exists(folder / engine::kRecordName) && engine::run_at_work(folder).empty() &&
         engine::recorded_unended(folder);
}

bool is_run_folder(const std::string& path) {
  return fs::exists(fs::path(path) / engine::kRecordName);
}

Facts run_facts(const std::string& path) {
  if (is_datasets_folder(path)) return datasets_facts(path);
  const fs::path folder(path), staged = engine::staging_of(folder);
  const Json record = record_in(folder);
  const std::string at_work = engine::run_at_work(folder);
  Facts facts = {
      {"path", path}, {"format", "results of a run"}, {"status", status_text(record, at_work)}};
  // Counted at the end: until then nothing is known.
  if (number_in(record, "exit_code", engine::kKilledExitCode) != engine::kKilledExitCode)
    facts.emplace_back("frames", number_in(record, "items", 0));
  if (!list_in(record, "edges").empty()) facts.emplace_back("saved", edges_of(record));
  facts.emplace_back("outputs", outputs_in(folder));
  if (!list_in(record, "issues").empty()) facts.emplace_back("issues", issues_of(record));
  std::vector<std::string> lines = recover_lines(folder);
  if (fs::exists(staged) && at_work.empty()) {
    facts.emplace_back("unfinished",
                       "a later run --overwrite did not come to its end: " + staged.string());
    for (std::string& line : recover_lines(staged)) lines.push_back(std::move(line));
  }
  if (!lines.empty() && at_work.empty()) facts.emplace_back("to recover", lines);
  return facts;
}

}  // namespace parfocal::cli
