#include "parfocal/engine/pass_run.h"

#include <algorithm>
#include <system_error>

#include "parfocal/core/guarded.h"

namespace parfocal::engine {

PassRun::PassRun(const PassContext& context, int pass, KeptRings& kept, RunEnds& ends,
                 bool last_step)
    : context_(context),
      pass_(pass),
      plan_(context.plan.passes[static_cast<size_t>(pass)]),
      kept_(kept),
      ends_(ends),
      last_step_(last_step) {
  build_rings();
  build_stages();
}

PassRun::~PassRun() = default;

void PassRun::build_rings() {
  for (const RingPlan& plan : plan_.rings) {
    const PortLayout& port = context_.plan.nodes[static_cast<size_t>(plan.port.node)]
                                 .outputs[static_cast<size_t>(plan.port.port)];
    rings_.push_back(std::make_shared<Ring>(plan, port, context_.port_region(plan.port),
                                            context_.scratch_folder));
    if (plan.retained) kept_[plan.port] = rings_.back();
  }
}

void PassRun::build_stages() {
  int64_t slot = 0;
  for (const StagePlan& stage : plan_.stages) slot = std::max(slot, stage.slot_bytes);
  slots_ = Block(static_cast<size_t>(slot * context_.threads));
  std::vector<std::byte*> slots;
  for (int w = 0; w < context_.threads; ++w) slots.push_back(slots_.data() + slot * w);
  StageBuilder builder{context_, pass_, rings_, kept_};
  for (const StagePlan& stage : plan_.stages) {
    const int first = stage.nodes[0];
    const NodePlan& node = context_.plan.nodes[static_cast<size_t>(first)];
    if (first == 0 && !context_.source) {
      for (Ring* ring : builder.outputs_of(stage))
        (ring->plan().status_only ? live_status_ : live_ring_) = ring;
      continue;
    }
    auto edges = builder.edges_of(stage);
    if (!stage.ordered) {
      stages_.push_back(std::make_unique<ParallelStage>(context_, stage, std::move(edges),
                                                        builder.outputs_of(stage), slots));
      continue;
    }
    auto ports = builder.ports_of(first);
    std::unique_ptr<Consumer> consumer;
    if (node.kind == NodeKind::fold) consumer = make_fold_consumer(context_, first, ports);
    if (node.kind == NodeKind::stream) consumer = make_stream_consumer(context_, first, ports);
    if (node.kind == NodeKind::observer) consumer = make_observer_consumer(ends_.observer(first));
    if (node.kind == NodeKind::sink)
      consumer = make_sink_consumer(context_, ends_.sink(first), last_step_);
    auto inputs = builder.inputs_of(first, edges);
    stages_.push_back(std::make_unique<OrderedStage>(context_.faults, std::move(consumer),
                                                     std::move(edges), std::move(inputs),
                                                     std::move(ports)));
  }
}

void PassRun::run(LiveSource* live) {
  {
    std::vector<std::jthread> threads;
    try {
      start_threads(threads, live);
    } catch (...) {
      break_off(std::current_exception());
    }
  }
  report_break();
}

// Workers share all work, so one of them is enough; the plan's memory is for all.
void PassRun::start_threads(std::vector<std::jthread>& threads, LiveSource* live) {
  threads.reserve(static_cast<size_t>(context_.threads) + 1);
  if (live && live_ring_)
    threads.emplace_back([this, live] { pump(*live, pump_stop_.get_token()); });
  for (int w = 0; w < context_.threads; ++w) try {
      threads.emplace_back([this, w] { work(w); });
    } catch (const std::system_error&) {
      if (w == 0) throw;
      context_.faults.notice(context_.plan.nodes[0], "the system gave " + std::to_string(w) +
                                                         " of " + std::to_string(context_.threads) +
                                                         " threads");
      return;
    }
}

// What was under way is neither complete nor a gap: nothing of it may be passed on.
void PassRun::break_off(std::exception_ptr reason) {
  const std::lock_guard lock(mutex_);
  if (!broken_) broken_ = std::move(reason);
  cut_ = abandoned_ = true;
  pump_stop_.request_stop();
  changed_.notify_all();
}

void PassRun::report_break() {
  if (!broken_) return;
  const Status status = guarded([&]() -> Status { std::rethrow_exception(broken_); });
  Issue issue = status.issue();
  if (issue.where.empty()) issue.where = "pass " + std::to_string(pass_);
  context_.faults.run_failed(ErrorCode::run_failed, std::move(issue));
}

// Nearest to the sinks first: what is finished leaves before anything new enters.
bool PassRun::claim(Stage*& stage, Claim& claim) {
  for (size_t s = stages_.size(); !abandoned_ && s-- > 0;) {
    claim = stages_[s]->claim(context_.plan.batch);
    if (claim.count > 0) {
      stage = stages_[s].get();
      return true;
    }
  }
  return false;
}

bool PassRun::any_ready() const {
  return std::any_of(stages_.begin(), stages_.end(), [](const auto& s) { return s->ready(); });
}

bool PassRun::all_finished() const {
  if (abandoned_) return busy_ == 0;
  return std::all_of(stages_.begin(), stages_.end(), [](const auto& s) { return s->finished(); });
}

void PassRun::work(int worker) {
  std::unique_lock lock(mutex_);
  for (;;) {
    Stage* stage = nullptr;
    Claim item;
    if (!claim(stage, item)) {
      if (all_finished()) break;
      if (!abandoned_ && any_ready()) continue;  // looking at a stage may have closed its outputs
      ++idle_;
      changed_.wait(lock);
      --idle_;
      continue;
    }
    ++busy_;
    if (idle_ > 0 && any_ready()) changed_.notify_one();
    lock.unlock();
    std::exception_ptr failure;
    try {
      stage->execute(item, worker);
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure) break_off(std::move(failure));
    lock.lock();
    --busy_;
    if (broken_) continue;
    stage->complete(item);
    if (live_ring_) changed_.notify_all();  // the pump may wait for the room just made
  }
  lock.unlock();
  changed_.notify_all();
  if (live_ring_) pump_stop_.request_stop();
}

void PassRun::stop() {
  std::lock_guard lock(mutex_);
  cut_ = cut_ || !all_finished();
  for (auto& stage : stages_) stage->stop();
  pump_stop_.request_stop();
  changed_.notify_all();
}

void PassRun::abandon() {
  std::lock_guard lock(mutex_);
  cut_ = cut_ || !all_finished();
  abandoned_ = true;
  pump_stop_.request_stop();
  changed_.notify_all();
}

int64_t PassRun::items_done() const {
  std::lock_guard lock(mutex_);
  if (live_ring_) return source_items_;
  const auto* first =
      dynamic_cast<const ParallelStage*>(stages_.empty() ? nullptr : stages_[0].get());
  return first ? first->retired() : 0;
}

}  // namespace parfocal::engine
