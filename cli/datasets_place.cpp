#include "datasets_place.h"

#include <algorithm>

#include "datasets_record.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/engine/swap.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/graph/vocabulary.h"
#include "parfocal/planner/plan.h"
#include "print.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;
using engine::has_name;
using engine::kRecordName;

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string path_of(const SinkSpec& sink) {
  const RawValue* path = sink.params.find("path");
  return path ? fs::path(path->text).lexically_normal().generic_string() : "";
}

}  // namespace

void DatasetsPlace::add_outputs(const Pipeline& pipeline) {
  std::vector<std::string> tables{kFramesFile};
  for (const SinkSpec& sink : pipeline.sinks) {
    const std::string path = path_of(sink);
    if (path.empty()) continue;
    if (sink.type == "table") tables.push_back(path);
    if (!holds(outputs_, path)) outputs_.push_back(path);
  }
  if (first_) tables_ = tables;
  std::erase_if(tables_, [&](const std::string& table) { return !holds(tables, table); });
  first_ = false;
}

std::vector<std::string> DatasetsPlace::names(bool ended) const {
  std::vector<std::string> names = tables_;
  names.emplace_back(kDatasetsTable);
  for (const std::string& name : earlier_)
    if (!holds(names, name)) names.push_back(name);
  std::erase(names, kRecordName);
  std::erase_if(names, [&](const std::string& name) {
    const bool planned = holds(tables_, name) || name == kDatasetsTable;
    return (ended || !planned) && !has_name(out_ / name);
  });
  names.emplace_back(kRecordName);
  return names;
}

void DatasetsPlace::require_names(const Datasets& datasets) const {
  std::vector<std::string> taken{kDatasetsTable, kRecordName};
  for (const std::string& table : tables_) taken.push_back(fs::path(table).begin()->string());
  for (const Dataset& dataset : datasets.list.datasets)
    if (holds(taken, dataset.name))
      throw Error(ErrorCode::invalid_pipeline,
                  {"a dataset has the name of a table of all datasets", datasets.origin,
                   dataset.name, "another name", "rename the dataset"});
}

bool DatasetsPlace::is_there(const Dataset& dataset) const {
  const fs::path folder = folder_of(dataset);
  return has_name(folder / kRecordName) ||
         std::any_of(outputs_.begin(), outputs_.end(),
                     [&](const std::string& output) { return has_name(folder / output); });
}

void DatasetsPlace::require_free(const RunArguments& arguments, const Datasets& datasets) {
  require_names(datasets);
  engine::settle(out_);
  earlier_ = engine::recorded_names(out_);
  if (const std::string maker = engine::run_at_work(out_); !maker.empty())
    throw Error(ErrorCode::output_exists,
                {maker + " is writing into this folder", out_.string(), "",
                 "a folder of its own, or the end of that run", "wait, or choose another --out"});
  if (!arguments.overwrite && !arguments.resume) require_nothing(arguments, datasets);
  for (const std::string& name : names(false))
    for (const fs::path& path : {out_ / name, out_ / (name + ".part")})
      if (has_name(path) && !holds(earlier_, name))
        throw Error(ErrorCode::output_exists,
                    {"the output exists already", path.string(), "",
                     "an output of an earlier run (it is not recorded in " +
                         (out_ / kRecordName).string() + ")",
                     "choose another --out, or move it away"});
}

void DatasetsPlace::require_nothing(const RunArguments& arguments, const Datasets& datasets) const {
  std::vector<std::string> there;
  for (const Dataset& dataset : datasets.list.datasets)
    if (is_there(dataset)) there.push_back(dataset.name);
  if (there.empty() && !has_name(out_ / kRecordName)) return;
  const auto& words = arguments.pipeline.words;
  std::string cure = "run";
  if (is_datasets_folder(out_)) cure += "\n          " + shell_line(with_flag(words, "--resume"));
  cure += "\n          " + shell_line(with_flag(words, "--overwrite"));
  throw Error(ErrorCode::output_exists,
              {"results are there already", out_.string(), joined(there),
               "a new folder (--out), leave to go on, or leave to replace them", cure});
}

void DatasetsPlace::take() {
  if (const Status s = make_folders(out_, false); !s.ok())
    throw Error(ErrorCode::run_failed,
                {s.issue().what, out_.string(), "", "a folder that can be written",
                 "choose another folder (--out DIR)"});
  const bool taken = has_name(out_ / kRecordName) ? record_.lock() : record_.create();
  if (!taken)
    throw Error(ErrorCode::output_exists,
                {"another run has begun to write into this folder", out_.string(), "",
                 "a folder of its own", "choose another --out"});
}

}  // namespace parfocal::cli
