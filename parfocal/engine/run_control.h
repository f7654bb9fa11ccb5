#pragma once
/// What one run knows of its failures, gaps and stops. Shared by all threads of the run.

#include <atomic>
#include <map>
#include <mutex>
#include <optional>

#include "parfocal/engine/pass_run.h"
#include "parfocal/engine/run.h"

namespace parfocal::engine {

class RunControl : public Faults {
 public:
  RunControl(const Plan& plan, bool strict);

  Gap item_failed(const NodePlan& node, int64_t sequence, const Issue& issue) override;
  std::optional<Gap> failed_before(const NodePlan& node, int64_t sequence) const override;
  void notice(const NodePlan& node, std::string text) override;
  void frames_lost(int64_t first, int64_t last) override;
  void run_failed(ErrorCode code, Issue issue) override;
  bool running() const override;

  /// First Ctrl-C and second.
  void stop();
  void abandon();
  /// What the input has no items of (Source::missing). Before the first pass.
  void set_missing(FrameSet missing);
  /// The pass that stop and abandon reach, null between passes, and where in the sweep it lies.
  void enter(PassRun* pass, int64_t tile, int number);
  bool failed() const;
  int64_t gaps() const;  ///< items that became gaps so far
  /// [first, last] of the frames that a live source lost, in the order of the stream.
  std::vector<std::pair<int64_t, int64_t>> lost_ranges() const;
  /// "step: sentence", each once.
  std::vector<std::string> notices() const;
  /// Moves what was collected into the record.
  void report(RunRecord& record, bool complete) const;

 private:
  void halt_locked(bool abandon);
  bool ran_before(const NodePlan& node) const;

  const Plan& plan_;
  const bool strict_;
  mutable std::mutex mutex_;
  std::vector<int> first_pass_;  ///< per node: the pass in which it runs first
  PassRun* pass_ = nullptr;
  int64_t tile_ = 0;
  int number_ = 0;
  bool stopped_ = false, abandoned_ = false;
  std::optional<Error> failure_;
  std::map<std::pair<const NodePlan*, int64_t>, Gap> known_;  ///< grows with failures only
  std::atomic<int64_t> known_count_{0};
  std::vector<std::pair<int64_t, int64_t>> lost_ranges_;  ///< grows with losses only
  FrameSet missing_;                                      ///< of the input; constant
  std::vector<Issue> issues_;
  std::vector<std::string> notices_;
  int64_t broken_ = 0, failed_ = 0, lost_ = 0;
};

}  // namespace parfocal::engine
