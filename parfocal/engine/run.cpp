#include "parfocal/engine/run.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <thread>

#include "parfocal/core/guarded.h"
#include "parfocal/engine/outputs.h"
#include "parfocal/engine/record.h"
#include "parfocal/engine/recording.h"
#include "parfocal/engine/rest.h"
#include "parfocal/engine/run_control.h"
#include "parfocal/engine/run_ends.h"
#include "parfocal/planner/machine.h"

namespace parfocal {
namespace engine {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

bool a_sink_forbids_loss(const Plan& plan) {
  return std::any_of(plan.nodes.begin(), plan.nodes.end(), [](const NodePlan& node) {
    return node.kind == NodeKind::sink && node.policy == Policy::fail;
  });
}

class Run {
 public:
  Run(const Plan& plan, const RunOptions& options)
      : plan_(plan),
        options_(options),
        source_(open_source(plan.pipeline.source, plan.pipeline.base_dir)),
        ops_(bind_operators(plan.nodes)),
        folder_(plan, source_, options.overwrite, options.resume),
        control_(plan, options.strict || a_sink_forbids_loss(plan)),
        ends_(plan, control_) {
    if (!(source_.layout() == plan.nodes[0].outputs[0].layout))
      throw Error(
          ErrorCode::input_missing,
          Issue{"the source is not what the plan was made for", "source", source_.layout().str(),
                plan.nodes[0].outputs[0].layout.str(), "make a new plan"});
    // Scales and names were taken from what the plan saw.
    if (!plan.input.empty() && source_.identity() != plan.input)
      throw Error(
          ErrorCode::input_missing,
          Issue{"an input changed between the plan and the run", "source", source_.identity(),
                plan.input, "make the plan again, when nothing writes to the input"});
    for (const std::string& name : plan.nodes[0].keys)
      (void)open_source_port(source_, plan.pipeline.source, name);
    if (options.resume) require_no_steps();
  }

  RunRecord run() {
    started_ = std::chrono::steady_clock::now();
    const double cpu = cpu_seconds();
    folder_.create();
    mark_running();
    for (std::string& text : source_.notices()) control_.notice(plan_.nodes[0], std::move(text));
    open_ends();
    folder_.begin();
    std::stop_callback on_stop(options_.stop, [this] { control_.stop(); });
    std::stop_callback on_abort(options_.abort, [this] { control_.abandon(); });
    {
      std::jthread reporter;
      try {
        if (options_.on_progress)
          reporter = std::jthread([this](std::stop_token stop) {
            (void)guarded([&] { return report_progress(stop), Status(); });
          });
      } catch (const std::system_error&) {
        control_.notice(plan_.nodes[0], "the system gave no thread to tell of progress");
      }
      sweep_guarded();
    }
    require_unchanged_input();
    RunRecord record;
    const bool complete = swept_ && !control_.failed();
    ends_.close({complete,
                 complete            ? ""
                 : control_.failed() ? "failed"
                                     : "stopped",
                 -1, control_.notices()},
                items_, options_.abort);
    control_.report(record, swept_ && !control_.failed());
    if (record.status == RunStatus::stopped && options_.stopped_code)
      record.exit_code = options_.stopped_code();
    record.items = items_;
    record.peak_rss_bytes = peak_rss_bytes();
    record.planned_peak_bytes = plan_.peak_bytes;
    record.base_bytes = plan_.base_bytes;
    ends_.report(record);
    record.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    record.cpu_seconds = cpu_seconds() - cpu;
    finish_files(record);
    return record;
  }

 private:
  // What was begun stays, if there is something, with a record that does not call the run killed.
  void open_ends() {
    try {
      ends_.open({folder_.writing(), provenance_of(plan_, source_),
                  [this](int64_t i) { return source_.row(i); }, plan_.pipeline.base_dir,
                  plan_.threads, origin_of(plan_, source_), options_.resume});
    } catch (const Error& error) {
      RunRecord record;
      fail(record, error.issues().front());
      record.exit_code = static_cast<int>(error.code());
      (void)write_record(record, false);
      throw;
    }
  }

  // Whatever is thrown while running, the outputs are closed.
  void sweep_guarded() {
    const Status status = guarded([this] {
      if (source_.random) control_.set_missing(source_.random->missing());
      if (options_.resume) rest_ = std::make_unique<Rest>(*source_.random, ends_);
      sweep();
      return Status();
    });
    if (!status.ok()) control_.run_failed(ErrorCode::run_failed, status.issue());
  }

  void sweep() {
    for (int64_t tile = 0; tile < plan_.tile_count; ++tile) {
      KeptRings kept;
      const auto regions = demanded_regions(plan_.nodes, ops_, plan_.tile, tile);
      for (int pass = 0; pass < static_cast<int>(plan_.passes.size()); ++pass)
        if (!control_.running() || !run_pass(tile, pass, regions, kept) ||
            (pass == 0 && plan_.recording >= 0 && !turn_to_recording()))
          return;
    }
    swept_ = true;
  }

  // The live stream has ended: later passes read what was recorded of it.
  bool turn_to_recording() {
    if (!control_.running() || !ends_.close_first_pass({true, "", -1, control_.notices()}))
      return false;
    try {
      recording_ = std::make_unique<Recording>(
          reopen_sink(plan_.nodes[static_cast<size_t>(plan_.recording)], folder_.writing()),
          control_.lost_ranges());
    } catch (const Error& error) {
      control_.run_failed(error.code(), error.issues().front());
      return false;
    }
    return true;
  }

  // Steps with a memory would miss what is not read again.
  void require_no_steps() const {
    for (const NodePlan& node : plan_.nodes)
      if (!source_.random || (node.kind != NodeKind::source && node.kind != NodeKind::sink))
        throw Error(ErrorCode::invalid_pipeline,
                    Issue{"only a source that can be read again and sinks can be gone on with",
                          node.id, "", "a pipeline without steps", "start over"});
  }

  const Source* read_in(int pass) const {
    if (rest_) return rest_.get();
    return plan_.live && pass > 0 ? recording_.get() : source_.random.get();
  }

  // False if the pass was cut before its end.
  bool run_pass(int64_t tile, int pass, const std::vector<NodeRegions>& regions, KeptRings& kept) {
    const PassContext context{plan_,    ops_,          regions,          read_in(pass),
                              control_, plan_.threads, folder_.writing()};
    std::optional<PassRun> run;
    run.emplace(context, pass, kept, ends_, tile + 1 == plan_.tile_count);
    publish_pass(&*run, tile, pass);
    {
      const Unpublish when_left{*this, tile, pass};
      run->run(pass == 0 ? source_.live.get() : nullptr);
      items_ = std::max(items_, run->items_done());
    }
    return !run->was_cut();
  }

  // Stops and progress reach a pass only as long as it lives.
  struct Unpublish {
    Run& run;
    int64_t tile;
    int pass;
    ~Unpublish() { run.publish_pass(nullptr, tile, pass); }
  };
  void publish_pass(PassRun* run, int64_t tile, int pass) {
    {
      std::lock_guard lock(mutex_);
      current_ = run;
      tile_ = tile;
      pass_ = pass;
    }
    control_.enter(run, tile, pass);
  }

  void report_progress(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      progress_locked();
      tick_.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
    }
    progress_locked();
  }
  void progress_locked() {
    Progress p;
    p.pass = pass_;
    p.passes = static_cast<int>(plan_.passes.size());
    p.tile = tile_;
    p.tiles = plan_.tile_count;
    p.items_done = current_ ? current_->items_done() : items_;
    p.items_total = plan_.nodes[0].outputs[0].layout.stream_count();
    p.gaps = control_.gaps();
    p.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    options_.on_progress(p);
  }

  // What was read may be of two inputs: it is nobody's result.
  void require_unchanged_input() {
    if (control_.failed()) return;
    const Status s = guarded([this] {
      Status input = source_.random ? source_.random->unchanged() : Status();
      return input.ok() && recording_ ? recording_->unchanged() : std::move(input);
    });
    if (!s.ok()) control_.run_failed(ErrorCode::input_missing, s.issue());
  }

  // A run that is killed leaves a record that says so, and that lets --overwrite replace its files:
  // before the first of them is made. \throws Error(run_failed)
  void mark_running() {
    RunRecord record;
    record.status = RunStatus::stopped;
    record.exit_code = kKilledExitCode;
    record.planned_peak_bytes = plan_.peak_bytes;
    record.base_bytes = plan_.base_bytes;
    if (!write_record(record, true))
      throw Error(ErrorCode::run_failed,
                  Issue{"cannot write the run record", (folder_.writing() / kRecordName).string(),
                        "", "room on the disk for it", "make room, or choose another folder"});
  }

  bool write_record(const RunRecord& record, bool running) {
    return folder_.write_record(record_text(record, plan_, source_, folder_.recorded(), running));
  }

  void finish_files(RunRecord& record) {
    const auto written = ends_.paths(folder_.writing());
    const Status recorded = guarded([&] {
      return write_record(record, false) ? Status() : Status::fail("cannot write the run record");
    });
    if (!recorded.ok() && record.status == RunStatus::complete)
      fail(record, {"cannot write the run record", (folder_.writing() / kRecordName).string(), "",
                    "room on the disk, and the folder that the run began in", ""});
    if (record.status == RunStatus::complete)
      if (Status s = folder_.publish(); !s.ok()) {
        fail(record, s.issue());
        (void)write_record(record, false);
      }
    if (const auto left = folder_.left_behind(); !left.empty())
      record.notices.push_back("what was replaced could not be removed: it is in " + left.string());
    for (const auto& path : written) record.outputs.push_back(folder_.shown(path));
  }
  static void fail(RunRecord& record, Issue issue) {
    record.status = RunStatus::failed;
    record.exit_code = static_cast<int>(ErrorCode::run_failed);
    record.issues = {std::move(issue)};
  }

  const Plan& plan_;
  const RunOptions& options_;
  OpenSource source_;
  std::unique_ptr<Rest> rest_;            ///< of a run that goes on: what is still to be read
  std::unique_ptr<Recording> recording_;  ///< of a live source, for later passes
  std::vector<std::unique_ptr<Operator>> ops_;
  OutputFolder folder_;
  RunControl control_;
  RunEnds ends_;
  std::chrono::steady_clock::time_point started_;
  std::mutex mutex_;
  std::condition_variable_any tick_;
  PassRun* current_ = nullptr;
  int64_t tile_ = 0, items_ = 0;
  int pass_ = 0;
  bool swept_ = false;
};

}  // namespace
}  // namespace engine

RunRecord run_plan(const Plan& plan, const RunOptions& options) {
  return engine::Run(plan, options).run();
}

}  // namespace parfocal
