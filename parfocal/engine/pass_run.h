#pragma once
/// One pass over the source for one region of the sweep: builds rings and stages from the plan and
/// lets workers run whatever is ready, nearest to the sinks first.

#include <condition_variable>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "parfocal/engine/run_ends.h"
#include "parfocal/engine/stage_builder.h"

namespace parfocal::engine {

class PassRun {
 public:
  PassRun(const PassContext& context, int pass, KeptRings& kept, RunEnds& ends, bool last_step);
  ~PassRun();

  /// Runs until every stage has finished, or, after abandon(), until no worker is busy. A failure
  /// of the engine itself (no memory for its own bookkeeping, no thread) abandons the pass and
  /// fails the run.
  void run(LiveSource* live);
  /// Takes nothing more from the source; what is under way runs to its end. From any thread.
  void stop();
  /// Starts nothing more at all.
  void abandon();
  /// True if stop or abandon came before the end of the stream.
  bool was_cut() const { return cut_; }
  /// Items of the source (of the main clock) that have left stage 0. From any thread.
  int64_t items_done() const;
  /// Frames that a live source lost, recorded as gaps.
  int64_t lost() const { return lost_; }
  int64_t source_items() const { return source_items_; }

 private:
  void build_rings();
  void build_stages();
  void work(int worker);
  void start_threads(std::vector<std::jthread>& threads, LiveSource* live);
  void break_off(std::exception_ptr reason);
  void report_break();
  bool claim(Stage*& stage, Claim& claim);
  bool any_ready() const;
  bool all_finished() const;
  void pump(LiveSource& live, std::stop_token stop);
  bool pump_frames(LiveSource& live, std::stop_token stop);
  bool publish_lost(int64_t from, int64_t to, std::stop_token stop);
  bool has_live_room(int64_t sequence) const;
  void publish_live(const FrameHeader& header, const Gap& gap);
  int64_t promised_items() const;
  void close_live(LiveSource& live, bool ended);
  bool wait_for_room(std::unique_lock<std::mutex>& lock, int64_t sequence, std::stop_token stop);

  const PassContext& context_;
  const int pass_;
  const PassPlan& plan_;
  KeptRings& kept_;
  RunEnds& ends_;
  const bool last_step_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;  ///< workers and the pump wait here
  std::vector<std::shared_ptr<Ring>> rings_;
  std::vector<std::unique_ptr<Stage>> stages_;
  Block slots_;
  Ring* live_ring_ = nullptr;    ///< of a live source: frames
  Ring* live_status_ = nullptr;  ///< and, if somebody asks, their headers only
  std::stop_source pump_stop_;
  int idle_ = 0, busy_ = 0;
  bool abandoned_ = false, cut_ = false;
  std::exception_ptr broken_;  ///< why the pass was broken off; told when all threads have ended
  int64_t lost_ = 0, source_items_ = 0;
};

}  // namespace parfocal::engine
