#include "parfocal/engine/run_ends.h"

#include <algorithm>

#include "parfocal/engine/record.h"

namespace parfocal::engine {

void RunEnds::open(const SinkContext& context) {
  for (size_t n = 0; n < plan_.nodes.size(); ++n) {
    const NodePlan& node = plan_.nodes[n];
    if (node.kind == NodeKind::observer) open_observer(static_cast<int>(n));
    if (node.kind != NodeKind::sink) continue;
    SinkEnd end;
    end.node = static_cast<int>(n);
    end.sink = bind_sink(node, plan_, context);
    const std::string from = plan_.nodes[static_cast<size_t>(node.inputs[0].node)].id;
    end.count.edge = node.internal ? node.id : from + " -> " + node.id;
    sinks_.push_back(std::move(end));
  }
  for (SinkEnd& end : sinks_) end.sink->open();
}

void RunEnds::open_observer(int n) {
  const NodePlan& node = plan_.nodes[static_cast<size_t>(n)];
  const NodePlan& from = plan_.nodes[static_cast<size_t>(node.inputs[0].node)];
  const PortLayout& port = from.outputs[static_cast<size_t>(node.inputs[0].port)];
  observers_[n] = std::make_unique<ObserverEnd>(
      from.id + " -> " + node.id, bind_observer(node, plan_.nodes), port, port.item_bytes());
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

void RunEnds::close(const Outcome& outcome, const std::stop_token& abort) {
  for (SinkEnd& end : sinks_) {
    if (end.ended_early) continue;
    const bool internal = plan_.nodes[static_cast<size_t>(end.node)].internal;
    Outcome own = outcome;
    if (!outcome.complete && internal) write_unreached_rows(end, outcome.reason, abort);
    if (!outcome.complete && !internal) own.valid_items = kept_of(end);
    finish(end, own);
  }
}

void RunEnds::finish(SinkEnd& end, const Outcome& outcome) {
  if (const Status status = close_one(end, outcome); !status.ok()) {
    Issue issue = status.issue();
    if (issue.where.empty()) issue.where = end.count.edge;
    faults_.run_failed(ErrorCode::run_failed, std::move(issue));
  }
  settle(end, outcome);
}

Status RunEnds::close_one(SinkEnd& end, const Outcome& outcome) {
  try {
    return end.sink->close(outcome);
  } catch (const std::exception& error) {
    return Status::fail(error.what());
  }
}

void RunEnds::write_unreached_rows(SinkEnd& end, const std::string& reason,
                                   const std::stop_token& abort) {
  const size_t inputs = plan_.nodes[static_cast<size_t>(end.node)].inputs.size();
  const Gap gap{
      GapReason::stopped,
      "the run " + std::string(reason == "failed" ? "failed" : "was stopped") + " before it"};
  const Layout& clock = plan_.nodes[0].outputs[0].layout;
  for (int64_t s = end.written; s < clock.stream_count() && !abort.stop_requested(); ++s) {
    FrameHeader header;
    header.sequence = s;
    header.coordinates = coordinates_of(clock, s);
    Input in;
    in.header = &header;
    in.gap = &gap;
    if (!end.sink->write(std::vector<Input>(inputs, in)).ok()) return;
  }
}

void RunEnds::settle(SinkEnd& end, const Outcome& outcome) {
  EdgeCount& count = end.count;
  const int64_t expected = clock_of(end).clock.empty() ? clock_of(end).stream_count() : kUnbounded;
  count.expected = expected == kUnbounded ? end.written : expected;
  if (outcome.valid_items >= 0 && outcome.valid_items < end.written)
    count.received = std::max<int64_t>(0, count.received - (end.written - outcome.valid_items));
  if (!outcome.complete) count.missing = count.expected - count.received;
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
