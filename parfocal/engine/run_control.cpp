#include "parfocal/engine/run_control.h"

#include <algorithm>

namespace parfocal::engine {
namespace {

constexpr size_t kMostIssues = 100;

std::string item_name(const Plan& plan, const NodePlan& node, int64_t sequence) {
  const Layout& layout = node.kind == NodeKind::source
                             ? node.outputs[0].layout
                             : plan.nodes[static_cast<size_t>(node.inputs[0].node)]
                                   .outputs[static_cast<size_t>(node.inputs[0].port)]
                                   .layout;
  const auto coordinates = coordinates_of(layout, sequence);
  std::string s;
  for (size_t a = 0; a < layout.stream.size(); ++a)
    s += (a ? ", " : "") + layout.stream[a].name + "=" + std::to_string(coordinates[a]);
  return s;
}

}  // namespace

RunControl::RunControl(const Plan& plan, bool strict)
    : plan_(plan), strict_(strict), first_pass_(plan.nodes.size(), 0) {
  for (int p = static_cast<int>(plan.passes.size()); p-- > 0;)
    for (const StagePlan& stage : plan.passes[static_cast<size_t>(p)].stages)
      for (int n : stage.nodes) first_pass_[static_cast<size_t>(n)] = p;
}

// Items of this node were made before, in an earlier pass or for another region, and some of them
// were written: one that fails only now cannot become a gap any more.
bool RunControl::ran_before(const NodePlan& node) const {
  return tile_ > 0 || number_ > first_pass_[static_cast<size_t>(&node - plan_.nodes.data())];
}

Gap RunControl::item_failed(const NodePlan& node, int64_t sequence, const Issue& issue) {
  const bool source = node.kind == NodeKind::source;
  const Gap gap{source ? GapReason::broken : GapReason::failed,
                source ? issue.what : node.id + ": " + issue.what};
  std::unique_lock lock(mutex_);
  if (!known_.emplace(std::pair(&node, sequence), gap).second) return gap;
  ++known_count_;
  Issue full = issue;
  const std::string where = (source ? "source" : "step '" + node.id + "'") +
                            std::string(node.place.line > 0 ? " (" + node.place.str() + ")" : "") +
                            ", item " + item_name(plan_, node, sequence);
  full.where = full.where.empty() ? where : where + ", " + full.where;
  if (source)
    ++broken_;
  else
    ++failed_;
  if (node.on_error == OnError::skip && !ran_before(node)) {
    if (issues_.size() < kMostIssues) issues_.push_back(std::move(full));
    return gap;
  }
  lock.unlock();
  if (node.on_error == OnError::skip) {
    full.what += " (it did not fail in the part of it that is written already)";
    full.cure =
        "give more --memory, so that images are read whole and a damaged one is left out; or leave "
        "the input unchanged while it is read";
  }
  if (full.cure.empty()) full.cure = "--on-error skip records such items as gaps and goes on";
  run_failed(source ? ErrorCode::input_missing : ErrorCode::run_failed, std::move(full));
  return gap;
}

// Each sentence once, however many passes, regions and keys say it.
void RunControl::notice(const NodePlan& node, std::string text) {
  text = node.id.substr(0, node.id.find('/')) + ": " + text;
  std::lock_guard lock(mutex_);
  if (notices_.size() < kMostIssues &&
      std::find(notices_.begin(), notices_.end(), text) == notices_.end())
    notices_.push_back(std::move(text));
}

std::vector<std::string> RunControl::notices() const {
  std::lock_guard lock(mutex_);
  return notices_;
}

std::vector<std::pair<int64_t, int64_t>> RunControl::lost_ranges() const {
  std::lock_guard lock(mutex_);
  return lost_ranges_;
}

std::optional<Gap> RunControl::failed_before(const NodePlan& node, int64_t sequence) const {
  if (node.kind == NodeKind::source && missing_.has(sequence))
    return Gap{GapReason::dropped, "missing in the input"};
  if (known_count_ == 0) return std::nullopt;
  std::lock_guard lock(mutex_);
  if (node.kind == NodeKind::source)
    for (const auto& [first, last] : lost_ranges_)
      if (first <= sequence && sequence <= last)
        return Gap{GapReason::dropped, "the live source lost this frame"};
  const auto it = known_.find({&node, sequence});
  return it == known_.end() ? std::nullopt : std::optional(it->second);
}

void RunControl::set_missing(FrameSet missing) {
  if (missing.empty()) return;
  std::lock_guard lock(mutex_);
  missing_ = std::move(missing);
  const int64_t count = missing_.count();
  lost_ += count;
  issues_.push_back({"the input records " + std::to_string(count) + " of its frames as missing, " +
                         "the first is frame " + std::to_string(missing_.begin()) +
                         ": they are gaps of the result",
                     "source", "", "", ""});
}

void RunControl::frames_lost(int64_t first, int64_t last) {
  {
    std::lock_guard lock(mutex_);
    lost_ += last - first + 1;
    lost_ranges_.emplace_back(first, last);
    ++known_count_;
    if (issues_.size() < kMostIssues)
      issues_.push_back({"the live source lost " + std::to_string(last - first + 1) +
                             (first == last ? " frame" : " frames"),
                         "frames " + std::to_string(first) + ".." + std::to_string(last), "", "",
                         "give the source a larger ring (source.ring), or fewer or faster steps"});
    if (!strict_) return;
  }
  run_failed(ErrorCode::run_failed,
             {"frames were lost and the run is strict",
              "frames " + std::to_string(first) + ".." + std::to_string(last), "", "",
              "run without --strict to record lost frames as gaps"});
}

void RunControl::run_failed(ErrorCode code, Issue issue) {
  std::lock_guard lock(mutex_);
  if (!failure_) failure_ = Error(code, std::move(issue));
  // Called from a worker or the pump without the scheduler's lock; the pass takes it.
  halt_locked(false);
}

void RunControl::halt_locked(bool abandon) {
  if (!pass_) return;
  if (abandon)
    pass_->abandon();
  else
    pass_->stop();
}

void RunControl::stop() {
  std::lock_guard lock(mutex_);
  stopped_ = true;
  halt_locked(false);
}

void RunControl::abandon() {
  std::lock_guard lock(mutex_);
  stopped_ = abandoned_ = true;
  halt_locked(true);
}

void RunControl::enter(PassRun* pass, int64_t tile, int number) {
  std::lock_guard lock(mutex_);
  pass_ = pass;
  tile_ = tile;
  number_ = number;
  if (stopped_ || failure_) halt_locked(abandoned_);
}

bool RunControl::running() const {
  std::lock_guard lock(mutex_);
  return !stopped_ && !failure_;
}
int64_t RunControl::gaps() const {
  std::lock_guard lock(mutex_);
  return broken_ + failed_ + lost_;
}
bool RunControl::failed() const {
  std::lock_guard lock(mutex_);
  return failure_.has_value();
}

void RunControl::report(RunRecord& record, bool complete) const {
  std::lock_guard lock(mutex_);
  record.broken = broken_;
  record.failed = failed_;
  record.lost = lost_;
  record.notices = notices_;
  record.issues = failure_ ? failure_->issues() : issues_;
  const bool some_failed = broken_ + failed_ > 0;
  record.status = failure_   ? RunStatus::failed
                  : complete ? RunStatus::complete
                             : RunStatus::stopped;
  if (failure_)
    record.exit_code = static_cast<int>(failure_->code());
  else if (!complete)
    record.exit_code = 130;
  else
    record.exit_code = lost_ > 0 ? 7 : some_failed ? 6 : 0;
}

}  // namespace parfocal::engine
