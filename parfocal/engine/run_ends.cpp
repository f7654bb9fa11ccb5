#include "parfocal/engine/run_ends.h"

#include <algorithm>

#include "parfocal/core/guarded.h"
#include "parfocal/engine/record.h"

namespace parfocal::engine {

void RunEnds::open(const SinkContext& context) {
  try {
    make_ends(context);
    open_files();
  } catch (const Error&) {
    throw;
  } catch (...) {
    throw Error(ErrorCode::run_failed, status_of_exception().issue());
  }
}

void RunEnds::make_ends(const SinkContext& context) {
  for (size_t n = 0; n < plan_.nodes.size(); ++n) {
    const NodePlan& node = plan_.nodes[n];
    if (node.kind == NodeKind::observer) open_observer(static_cast<int>(n));
    if (node.kind != NodeKind::sink) continue;
    SinkEnd end;
    end.node = static_cast<int>(n);
    end.sink = bind_sink(node, plan_, context);
    for (std::string& text : end.sink->notices()) faults_.notice(node, std::move(text));
    const std::string from = plan_.nodes[static_cast<size_t>(node.inputs[0].node)].id;
    end.count.edge = node.internal ? node.id : from + " -> " + node.id;
    sinks_.push_back(std::move(end));
  }
}

void RunEnds::open_files() {
  size_t opened = 0;
  try {
    for (; opened < sinks_.size(); ++opened) sinks_[opened].sink->open();
  } catch (...) {
    for (size_t i = 0; i < opened; ++i)
      (void)guarded([&] { return sinks_[i].sink->close({false, "failed", 0, {}}); });
    throw;
  }
}

// Of one item, at the largest region of the sweep.
int64_t RunEnds::queued_bytes(PortId port) const {
  for (const PassPlan& pass : plan_.passes)
    for (const RingPlan& ring : pass.rings)
      if (ring.port == port && !ring.status_only) return ring.item_bytes;
  return 0;
}

void RunEnds::open_observer(int n) {
  const NodePlan& node = plan_.nodes[static_cast<size_t>(n)];
  const NodePlan& from = plan_.nodes[static_cast<size_t>(node.inputs[0].node)];
  const PortLayout& port = from.outputs[static_cast<size_t>(node.inputs[0].port)];
  observers_[n] =
      std::make_unique<ObserverEnd>(from.id + " -> " + node.id, bind_observer(node, plan_.nodes),
                                    port, queued_bytes(node.inputs[0]));
}

SinkEnd& RunEnds::sink(int n) {
  return *std::find_if(sinks_.begin(), sinks_.end(),
                       [n](const SinkEnd& end) { return end.node == n; });
}

bool RunEnds::have(int64_t sequence) const {
  return std::all_of(sinks_.begin(), sinks_.end(), [&](const SinkEnd& end) {
    return plan_.nodes[static_cast<size_t>(end.node)].internal || end.sink->has(sequence);
  });
}

const Layout& RunEnds::clock_of(const SinkEnd& end) const {
  const PortId in = plan_.nodes[static_cast<size_t>(end.node)].inputs[0];
  return plan_.nodes[static_cast<size_t>(in.node)].outputs[static_cast<size_t>(in.port)].layout;
}

bool RunEnds::on_source_clock(const SinkEnd& end) const {
  return clock_of(end).clock.empty() &&
         clock_of(end).stream == plan_.nodes[0].outputs[0].layout.stream;
}

// Frames saved everywhere.
int64_t RunEnds::common_prefix() const {
  int64_t least = INT64_MAX;
  for (const SinkEnd& end : sinks_)
    if (on_source_clock(end) && !end.ended_early) least = std::min(least, end.written);
  return least;
}

// Frames of a camera come once, so what records them keeps all it has.
bool RunEnds::records_live(const SinkEnd& end) const {
  const NodePlan& node = plan_.nodes[static_cast<size_t>(end.node)];
  const SinkInfo* info = sinks().find(node.type);
  return plan_.live && node.inputs[0] == PortId{0, 0} && info && info->reopen;
}

// What a sink keeps of a run that was cut: the frames that are saved everywhere. Sinks of the
// second pass over a recording, which never came, take nothing from those of the first.
int64_t RunEnds::kept_of(const SinkEnd& end) const {
  if (!on_source_clock(end) || records_live(end)) return end.written;
  if (plan_.recording < 0) return common_prefix();
  int64_t least = end.written;
  for (const SinkEnd& other : sinks_)
    if (on_source_clock(other) && level_of(other) == level_of(end))
      least = std::min(least, other.written);
  return least;
}

int RunEnds::level_of(const SinkEnd& end) const {
  return plan_.nodes[static_cast<size_t>(end.node)].level;
}

bool RunEnds::close_first_pass(const Outcome& outcome) {
  for (SinkEnd& end : sinks_)
    if (level_of(end) == 0) {
      finish(end, outcome);
      end.ended_early = true;
    }
  return faults_.running();
}

void RunEnds::close(const Outcome& outcome, int64_t items, const std::stop_token& abort) {
  items_ = items;
  for (SinkEnd& end : sinks_)  // before it is asked what all of them have
    if (end.broken) end.written = stored_of(end);
  for (SinkEnd& end : sinks_) {
    if (end.ended_early) continue;
    const bool internal = plan_.nodes[static_cast<size_t>(end.node)].internal;
    Outcome own = outcome;
    if (internal && outcome.complete && !all_stored()) own.complete = false, own.reason = "failed";
    if (internal && !own.complete) {
      const Status told = guarded([&] { return tell_of_unreached(end, own.reason, abort); });
      if (!told.ok()) fail(end, told);
    }
    if (!internal && !own.complete) own.valid_items = kept_of(end);
    finish(end, own);
  }
}

// False where a sink, all of which are closed before frames.csv, could not store what it took.
bool RunEnds::all_stored() const {
  return std::none_of(sinks_.begin(), sinks_.end(), [](const SinkEnd& end) { return end.broken; });
}

int64_t RunEnds::stored_of(const SinkEnd& end) {
  const int64_t stored = end.sink->stored_items();
  return stored < 0 ? end.written : std::min(stored, end.written);
}

void RunEnds::fail(const SinkEnd& end, const Status& status) {
  Issue issue = status.issue();
  if (issue.where.empty()) issue.where = end.count.edge;
  faults_.run_failed(ErrorCode::run_failed, std::move(issue));
}

void RunEnds::finish(SinkEnd& end, const Outcome& outcome) {
  const Status status = guarded([&] { return end.sink->close(outcome); });
  if (!status.ok()) {
    fail(end, status);
    end.broken = true;
    end.written = stored_of(end);
  }
  settle(end, outcome);
}

// Frames that some sink does not have are no frames of the result.
Status RunEnds::tell_of_unreached(SinkEnd& end, const std::string& reason,
                                  const std::stop_token& abort) {
  if (end.broken) return {};
  if (const int64_t kept = kept_of(end); kept < end.written) {
    if (Status s = end.sink->keep_first(kept); !s.ok()) return s;
    end.written = kept;
  }
  const size_t inputs = plan_.nodes[static_cast<size_t>(end.node)].inputs.size();
  const Gap gap{
      GapReason::stopped,
      "the run " + std::string(reason == "failed" ? "failed" : "was stopped") + " before it"};
  const Layout& clock = plan_.nodes[0].outputs[0].layout;
  for (int64_t s = end.written; s < source_items() && !abort.stop_requested(); ++s) {
    FrameHeader header;
    header.sequence = s;
    header.coordinates = coordinates_of(clock, s);
    Input in;
    in.header = &header;
    in.gap = &gap;
    if (Status told = end.sink->write(std::vector<Input>(inputs, in)); !told.ok()) return told;
  }
  return {};
}

int64_t RunEnds::source_items() const {
  const int64_t promised = plan_.nodes[0].outputs[0].layout.stream_count();
  return promised == kUnbounded ? items_ : promised;
}

// Of a clock of its own nobody knows how many items there would have been.
int64_t RunEnds::expected_of(const SinkEnd& end) const {
  const int64_t promised = clock_of(end).clock.empty() ? clock_of(end).stream_count() : kUnbounded;
  if (promised != kUnbounded) return promised;
  return on_source_clock(end) ? std::max(end.came, items_) : end.came;
}

void RunEnds::settle(SinkEnd& end, const Outcome& outcome) {
  const int64_t kept =
      outcome.valid_items < 0 ? end.written : std::min(outcome.valid_items, end.written);
  end.gaps.cut(kept);
  EdgeCount& count = end.count;
  count.expected = expected_of(end);
  count.received = kept - end.gaps.count();
  const bool whole = outcome.complete && !end.broken;
  count.missing = whole ? end.gaps.count() : count.expected - count.received;
}

void RunEnds::report(RunRecord& record) const {
  const int64_t expected = plan_.nodes[0].outputs[0].layout.stream_count();
  if (record.status != RunStatus::complete)
    record.stopped = expected == kUnbounded ? -1 : std::max<int64_t>(0, expected - common_prefix());
  for (const SinkEnd& end : sinks_) {
    const EdgeCount& count = end.count;
    record.edges.push_back(count);
    if (record.status != RunStatus::complete || count.received + count.missing == count.expected)
      continue;
    record.status = RunStatus::failed;
    record.exit_code = static_cast<int>(ErrorCode::run_failed);
    record.issues.insert(record.issues.begin(), {"items are unaccounted for", count.edge,
                                                 std::to_string(count.received) + " received, " +
                                                     std::to_string(count.missing) + " missing",
                                                 std::to_string(count.expected) + " expected",
                                                 "this is a defect of parfocal: please report it"});
  }
  for (const auto& [n, observer] : observers_) record.edges.push_back(observer->count);
}

std::vector<std::filesystem::path> RunEnds::paths(const std::filesystem::path& folder) const {
  std::vector<std::filesystem::path> paths;
  for (const SinkEnd& end : sinks_)
    for (const auto& path : end.sink->paths()) paths.push_back(path);
  paths.push_back(folder / kRecordName);
  return paths;
}

}  // namespace parfocal::engine
