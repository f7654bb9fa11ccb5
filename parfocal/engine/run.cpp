#include "parfocal/engine/run.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "parfocal/engine/outputs.h"
#include "parfocal/engine/record.h"
#include "parfocal/engine/run_control.h"
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
        folder_(plan, options.overwrite),
        control_(plan, options.strict || a_sink_forbids_loss(plan)) {
    if (!(source_.layout() == plan.nodes[0].outputs[0].layout))
      throw Error(
          ErrorCode::input_missing,
          Issue{"the source is not what the plan was made for", "source", source_.layout().str(),
                plan.nodes[0].outputs[0].layout.str(), "make a new plan"});
  }

  RunRecord run() {
    started_ = std::chrono::steady_clock::now();
    const double cpu = cpu_seconds();
    folder_.create();
    open_ends();
    mark_running();
    std::stop_callback on_stop(options_.stop, [this] { control_.stop(); });
    std::stop_callback on_abort(options_.abort, [this] { control_.abandon(); });
    {
      std::jthread reporter;
      if (options_.on_progress)
        reporter = std::jthread([this](std::stop_token stop) { report_progress(stop); });
      sweep();
    }
    RunRecord record;
    close_ends();
    control_.report(record, is_complete());
    fill(record);
    record.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    record.cpu_seconds = cpu_seconds() - cpu;
    finish_files(record);
    return record;
  }

 private:
  void open_ends() {
    const SinkContext context{folder_.writing(), provenance_of(plan_, source_),
                              [this](int64_t s) { return source_.row(s); }};
    for (size_t n = 0; n < plan_.nodes.size(); ++n) {
      const NodePlan& node = plan_.nodes[n];
      if (node.kind == NodeKind::sink) {
        SinkEnd end;
        end.node = static_cast<int>(n);
        end.sink = bind_sink(node, plan_.nodes, context);
        const std::string from = plan_.nodes[static_cast<size_t>(node.inputs[0].node)].id;
        end.count.edge = node.internal ? node.id : from + " -> " + node.id;
        ends_.push_back(std::move(end));
      }
      if (node.kind == NodeKind::observer) open_observer(static_cast<int>(n));
    }
    for (SinkEnd& end : ends_) end.sink->open();
  }

  void open_observer(int n) {
    const NodePlan& node = plan_.nodes[static_cast<size_t>(n)];
    const NodePlan& from = plan_.nodes[static_cast<size_t>(node.inputs[0].node)];
    const PortLayout& port = from.outputs[static_cast<size_t>(node.inputs[0].port)];
    const ObserverInfo* info = observers().find(node.type);
    std::vector<Issue> issues;
    const std::any params = info->params.parse(node.params, "observer " + node.type, issues);
    if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, std::move(issues));
    observers_[n] = std::make_unique<ObserverEnd>(
        from.id + " -> " + node.id, info->make(params, {"from", from.id, "out", port}), port,
        port.item_bytes());
  }

  void sweep() {
    for (int64_t tile = 0; tile < plan_.tile_count; ++tile) {
      KeptRings kept;
      const auto regions = demanded_regions(plan_.nodes, ops_, plan_.tile, tile);
      for (int pass = 0; pass < static_cast<int>(plan_.passes.size()); ++pass)
        if (!control_.running() || !run_pass(tile, pass, regions, kept)) return;
    }
    swept_ = true;
  }

  // False if the pass was cut before its end.
  bool run_pass(int64_t tile, int pass, const std::vector<Region>& regions, KeptRings& kept) {
    std::optional<SteadySource> steady;
    if (source_.random) steady.emplace(*source_.random, control_);
    const PassContext context{plan_,    ops_,         regions, steady ? &*steady : nullptr,
                              control_, plan_.threads};
    PassRun run(context, pass, kept, ends_, observers_, tile == 0);
    publish_pass(&run, tile, pass);
    run.run(source_.live.get());
    items_ = std::max(items_, run.items_done());
    publish_pass(nullptr, tile, pass);
    return !run.was_cut();
  }

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

  int64_t expected_of(const NodePlan& node) const {
    const Layout& layout = plan_.nodes[static_cast<size_t>(node.inputs[0].node)]
                               .outputs[static_cast<size_t>(node.inputs[0].port)]
                               .layout;
    return layout.clock.empty() ? layout.stream_count() : kUnbounded;
  }

  // Frames saved everywhere: the sinks of the source's own clock keep only what all of them have.
  int64_t common_prefix() const {
    int64_t least = INT64_MAX;
    for (const SinkEnd& end : ends_)
      if (on_source_clock(end)) least = std::min(least, end.written);
    return swept_ || plan_.tile_count == 1 ? least : 0;
  }
  bool on_source_clock(const SinkEnd& end) const {
    const NodePlan& node = plan_.nodes[static_cast<size_t>(end.node)];
    const Layout& layout = plan_.nodes[static_cast<size_t>(node.inputs[0].node)]
                               .outputs[static_cast<size_t>(node.inputs[0].port)]
                               .layout;
    return layout.clock.empty() && layout.stream == plan_.nodes[0].outputs[0].layout.stream;
  }

  bool is_complete() const { return swept_ && !control_.failed(); }

  void close_ends() {
    const bool complete = is_complete();
    const std::string reason = complete ? "" : control_.failed() ? "failed" : "stopped";
    const int64_t prefix = common_prefix();
    for (SinkEnd& end : ends_) {
      const NodePlan& node = plan_.nodes[static_cast<size_t>(end.node)];
      if (!complete && node.internal) write_stopped_rows(end, reason);
      Outcome outcome{complete, reason, -1};
      if (!complete && !node.internal)
        outcome.valid_items = on_source_clock(end)              ? prefix
                              : swept_ || plan_.tile_count == 1 ? end.written
                                                                : 0;
      Status status;
      try {
        status = end.sink->close(outcome);
      } catch (const std::exception& error) {
        status = Status::fail(error.what());
      }
      if (!status.ok()) {
        Issue issue = status.issue();
        if (issue.where.empty()) issue.where = end.count.edge;
        control_.run_failed(ErrorCode::run_failed, std::move(issue));
      }
      count(end, outcome);
    }
  }

  // frames.csv has a row for every expected frame, also for those that were never reached.
  void write_stopped_rows(SinkEnd& end, const std::string& reason) {
    const NodePlan& node = plan_.nodes[static_cast<size_t>(end.node)];
    const Gap gap{GapReason::stopped, reason == "failed" ? "the run failed before it"
                                                         : "the run was stopped before it"};
    const int64_t expected = plan_.nodes[0].outputs[0].layout.stream_count();
    for (int64_t s = end.written; s < expected && !options_.abort.stop_requested(); ++s) {
      FrameHeader header;
      header.sequence = s;
      header.coordinates = coordinates_of(plan_.nodes[0].outputs[0].layout, s);
      Input in;
      in.header = &header;
      in.gap = &gap;
      if (!end.sink->write(std::vector<Input>(node.inputs.size(), in)).ok()) break;
    }
  }

  void count(SinkEnd& end, const Outcome& outcome) {
    const int64_t expected = expected_of(plan_.nodes[static_cast<size_t>(end.node)]);
    end.count.expected = expected == kUnbounded ? end.written : expected;
    if (outcome.valid_items >= 0 && outcome.valid_items < end.written)
      end.count.received =
          std::max<int64_t>(0, end.count.received - (end.written - outcome.valid_items));
    if (!outcome.complete) end.count.missing = end.count.expected - end.count.received;
  }

  void fill(RunRecord& record) {
    record.items = items_;
    const int64_t expected = plan_.nodes[0].outputs[0].layout.stream_count();
    if (!is_complete())
      record.stopped =
          expected == kUnbounded ? -1 : std::max<int64_t>(0, expected - common_prefix());
    for (const SinkEnd& end : ends_) {
      record.edges.push_back(end.count);
      const bool whole = end.count.received + end.count.missing == end.count.expected;
      if (record.status == RunStatus::complete && !whole) {
        record.status = RunStatus::failed;
        record.exit_code = 1;
        record.issues.insert(record.issues.begin(),
                             {"items are unaccounted for", end.count.edge,
                              std::to_string(end.count.received) + " received, " +
                                  std::to_string(end.count.missing) + " missing",
                              std::to_string(end.count.expected) + " expected",
                              "this is a defect of parfocal: please report it"});
      }
    }
    for (auto& [n, observer] : observers_) record.edges.push_back(observer->count);
    record.peak_rss_bytes = peak_rss_bytes();
  }

  std::vector<std::filesystem::path> written_paths() const {
    std::vector<std::filesystem::path> written;
    for (const SinkEnd& end : ends_)
      for (const auto& path : end.sink->paths()) written.push_back(path);
    written.push_back(folder_.writing() / kRecordName);
    return written;
  }

  // A run that is killed leaves a record that says so, and that lets --overwrite replace its files.
  void mark_running() {
    RunRecord record;
    record.status = RunStatus::stopped;
    record.exit_code = 137;
    (void)write_record(folder_.writing(), record, plan_, source_, written_paths());
  }

  void finish_files(RunRecord& record) {
    const auto written = written_paths();
    if (!write_record(folder_.writing(), record, plan_, source_, written) &&
        record.exit_code == 0) {
      record.status = RunStatus::failed;
      record.exit_code = 1;
      record.issues = {{"cannot write the run record", (folder_.writing() / kRecordName).string(),
                        "", "room on the disk", ""}};
    }
    if (record.status == RunStatus::complete) folder_.publish();
    for (const auto& path : written) record.outputs.push_back(folder_.shown(path));
  }

  const Plan& plan_;
  const RunOptions& options_;
  OpenSource source_;
  std::vector<std::unique_ptr<Operator>> ops_;
  OutputFolder folder_;
  RunControl control_;
  std::vector<SinkEnd> ends_;
  std::map<int, std::unique_ptr<ObserverEnd>> observers_;
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
