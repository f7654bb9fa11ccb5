#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "datasets.h"
#include "datasets_place.h"
#include "datasets_record.h"
#include "joined_tables.h"
#include "parfocal/core/fingerprint.h"
#include "parfocal/engine/output_place.h"
#include "parfocal/engine/swap.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/graph/check.h"
#include "parfocal/graph/graph_json.h"
#include "parfocal/planner/machine.h"
#include "planning.h"
#include "print.h"
#include "running.h"
#include "signals.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;
using engine::kRecordName;

/// All that the results depend on, but the input and who works on them.
std::string fingerprint_of_results(const Pipeline& pipeline) {
  auto json = pipeline_to_json(pipeline);
  json.erase("memory_bytes");
  return fingerprint_text(fingerprint_of(json.dump() + PARFOCAL_VERSION));
}

std::string reason_of(const std::vector<Issue>& issues) {
  if (issues.empty()) return "";
  const Issue& issue = issues.front();
  std::string reason = issue.where.empty() ? issue.what : issue.where + ": " + issue.what;
  if (!issue.given.empty()) reason += " (" + issue.given + ")";
  std::replace(reason.begin(), reason.end(), '\n', ' ');
  return reason;
}

class DatasetsRun {
 public:
  DatasetsRun(const RunArguments& arguments, const Datasets& datasets, SignalStop& signals)
      : signals_(signals),
        arguments_(arguments),
        datasets_(datasets),
        list_(datasets.list.datasets),
        place_(arguments.pipeline.out_dir.empty() ? fs::path(datasets.description.name + "-out")
                                                  : arguments.pipeline.out_dir),
        results_(list_.size()) {}

  int run() {
    check_all();
    place_.require_free(arguments_, datasets_);
    if (arguments_.resume) recorded_ = recorded_datasets(place_.out());
    place_.take();
    signals_.outputs_exist(false);
    if (!write_record(0, true)) throw Error(ErrorCode::run_failed, cannot_record());
    for (size_t i = 0; i < list_.size(); ++i) run_one(i);
    join();
    return finish();
  }

 private:
  Pipeline pipeline_of(const Dataset& dataset) const {
    Pipeline pipeline =
        describe(datasets_.description, datasets_.list, dataset, arguments_.pipeline.sets);
    apply(arguments_.pipeline, pipeline);
    return pipeline;
  }

  // Before anything is made: hours later would be too late to hear of a typing mistake.
  void check_all() {
    std::vector<Issue> issues, warnings;
    bool first = true;
    for (size_t i = 0; i < list_.size(); ++i) try {
        const Pipeline pipeline = pipeline_of(list_[i]);
        for (Issue& issue : parfocal::check(pipeline).warnings)
          warnings.push_back(std::move(issue));
        place_.add_outputs(pipeline);
        first = false;
      } catch (const Error& error) {
        fail(i, error);
        issues.insert(issues.end(), error.issues().begin(), error.issues().end());
      }
    issues = each_once(std::move(issues));
    if (first) throw Error(ErrorCode::invalid_pipeline, std::move(issues));
    print_errors(issues);
    print_warnings(each_once(std::move(warnings)));
  }

  bool write_record(int exit_code, bool running) {
    std::vector<DatasetResult> told = results_;
    // A kill does not undo what an earlier run has done and this one has not come to yet.
    for (size_t i = 0; running && i < told.size(); ++i)
      if (const auto earlier = recorded_.find(list_[i].name);
          told[i].status == DatasetStatus::waiting && earlier != recorded_.end())
        told[i] = earlier->second;
    return place_.write_record(
        json_text(datasets_json(datasets_, told, exit_code, running, place_.names(!running))) +
        "\n");
  }

  void fail(size_t i, const Error& error) {
    results_[i].status = DatasetStatus::failed;
    results_[i].exit_code = static_cast<int>(error.code());
    results_[i].reason = reason_of(error.issues());
  }

  void run_one(size_t i) {
    DatasetResult& result = results_[i];
    if (result.status == DatasetStatus::failed) return;
    if (is_stopped(result)) return;
    message(fmt::format("dataset {} ({} of {})", list_[i].name, i + 1, list_.size()));
    try {
      plan_and_run(i);
    } catch (const Error& error) {
      fail(i, error);
      print_errors(error.issues());
    } catch (const std::exception& problem) {
      const Error error(ErrorCode::run_failed, {problem.what(), "", "", "", ""});
      fail(i, error);
      print_errors(error.issues());
    }
    (void)write_record(0, true);  // the last one is checked
  }

  bool is_stopped(DatasetResult& result) const {
    if (signals_.exit_code() == 0) return false;
    result.status = DatasetStatus::stopped;
    result.exit_code = signals_.exit_code();
    result.reason = "not begun";
    return true;
  }

  void plan_and_run(size_t i) {
    DatasetResult& result = results_[i];
    const Pipeline pipeline = pipeline_of(list_[i]);
    RunArguments one = arguments_;
    one.pipeline.out_dir = place_.folder_of(list_[i]);
    one.overwrite = arguments_.overwrite || recorded_.contains(list_[i].name);
    one.resume = false;
    const Planned planned = plan_for(pipeline, one.pipeline);
    result.pipeline = fingerprint_of_results(pipeline);
    result.input = planned.plan.input;
    if (skip(list_[i], result) || is_stopped(result)) return;
    // What the datasets before have left would count in its peak.
    malloc_trim(0);
    restart_peak_rss();
    take(execute(planned, one, signals_), result);
    result.record = record_fingerprint(place_.folder_of(list_[i]));
  }

  // True if an earlier run did this, to its end and on the same input.
  bool skip(const Dataset& dataset, DatasetResult& result) {
    const auto found = recorded_.find(dataset.name);
    if (found == recorded_.end()) return false;
    const DatasetResult& earlier = found->second;
    const bool ended =
        earlier.status == DatasetStatus::ok || earlier.status == DatasetStatus::some_failed;
    if (!ended || earlier.pipeline != result.pipeline || earlier.input != result.input ||
        result.input.empty() || !all_there(dataset))
      return false;
    result = earlier;
    message(dataset.name + ": complete and unchanged, left as it is");
    return true;
  }
  bool all_there(const Dataset& dataset) const {
    const auto names = engine::recorded_names(place_.folder_of(dataset));
    return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
      return engine::has_name(place_.folder_of(dataset) / name);
    });
  }

  void take(const Ran& ran, DatasetResult& result) {
    const RunRecord& record = ran.record;
    result.exit_code = ran.exit_code;
    result.images = record.items;
    for (const EdgeCount& edge : record.edges)
      if (edge.edge == kFramesFile) result.missing = edge.missing;
    result.status = record.status == RunStatus::failed    ? DatasetStatus::failed
                    : record.status == RunStatus::stopped ? DatasetStatus::stopped
                    : ran.exit_code == 0                  ? DatasetStatus::ok
                                                          : DatasetStatus::some_failed;
    result.reason = reason_of(record.issues);
    print_record(record, arguments_);
  }

  // Of those that came to their end: what others have is a part of their results.
  void join() {
    for (const std::string& table : place_.tables()) {
      std::vector<TablePart> parts;
      for (size_t i = 0; i < list_.size(); ++i) {
        const DatasetStatus status = results_[i].status;
        if (status != DatasetStatus::ok && status != DatasetStatus::some_failed) continue;
        parts.push_back({list_[i].name, place_.folder_of(list_[i]) / table});
      }
      if (parts.empty()) continue;
      if (const Status s = join_tables(parts, place_.out() / table); !s.ok())
        failures_.push_back(s.issue());
      else
        made_.push_back(place_.out() / table);
    }
  }

  int exit_code() const {
    std::vector<int> codes;
    for (const DatasetResult& result : results_) {
      if (result.status == DatasetStatus::stopped) return result.exit_code;
      codes.push_back(result.exit_code);
    }
    if (!failures_.empty()) return 1;
    return joint_exit_code(codes);
  }

  Issue cannot_record() const {
    return {"cannot write the record of the run", (place_.out() / kRecordName).string(), "",
            "room on the disk, and a folder that can be written", "choose another --out"};
  }

  int finish() {
    const fs::path table = place_.out() / kDatasetsTable;
    if (const Status s = write_file_atomically(table, datasets_table(datasets_, results_)); !s.ok())
      failures_.push_back(s.issue());
    made_.push_back(table);
    const int code = exit_code();
    if (!write_record(code, false)) failures_.push_back(cannot_record());
    print_errors(failures_);
    tell_end(code);
    return failures_.empty() || code != 0 ? code : 1;
  }

  void tell_end(int code) const {
    int64_t count[5] = {};
    for (const DatasetResult& result : results_) ++count[static_cast<int>(result.status)];
    const bool stopped = count[static_cast<int>(DatasetStatus::stopped)] > 0;
    std::string text =
        (stopped ? "stopped: " : "done: ") + counted(std::ssize(results_), "dataset");
    for (int k = 1; k < 5; ++k)
      if (count[k] > 0)
        text += fmt::format(", {} {}", count[k], status_name(static_cast<DatasetStatus>(k)));
    message(text);
    if (arguments_.json)
      return result(json_text(datasets_json(datasets_, results_, code, false, place_.names(true))));
    for (const fs::path& path : made_) result(path.string());
    result((place_.out() / kRecordName).string());
    print_next({"parfocal", "info", place_.out().string()});
  }

  SignalStop& signals_;
  const RunArguments& arguments_;
  const Datasets& datasets_;
  const std::vector<Dataset>& list_;
  DatasetsPlace place_;
  std::vector<DatasetResult> results_;
  std::map<std::string, DatasetResult> recorded_;  ///< by an earlier run that is gone on with
  std::vector<fs::path> made_;
  std::vector<Issue> failures_;
};

}  // namespace

int run_datasets(const RunArguments& arguments, const Datasets& datasets, SignalStop& signals) {
  return DatasetsRun(arguments, datasets, signals).run();
}

}  // namespace parfocal::cli
