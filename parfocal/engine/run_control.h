#pragma once
/// What one run knows of its failures, gaps and stops. Shared by all threads of the run.

#include <mutex>
#include <optional>
#include <set>

#include "parfocal/engine/pass_run.h"
#include "parfocal/engine/run.h"

namespace parfocal::engine {

class RunControl : public Faults {
 public:
  RunControl(const Plan& plan, bool strict);

  Gap item_failed(const NodePlan& node, int64_t sequence, const Issue& issue) override;
  void frames_lost(int64_t first, int64_t last) override;
  void run_failed(ErrorCode code, Issue issue) override;
  bool running() const override;

  /// First Ctrl-C and second.
  void stop();
  void abandon();
  /// The pass that stop and abandon reach, null between passes, and where in the sweep it lies.
  void enter(PassRun* pass, int64_t tile, int number);
  bool is_broken(int64_t sequence) const;
  bool failed() const;
  int64_t gaps() const;  ///< items that became gaps so far
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
  std::set<std::pair<std::string, int64_t>>
      known_;  ///< (node, item) that failed: grows with failures only
  std::set<int64_t> broken_;
  std::vector<Issue> issues_;
  int64_t failed_ = 0, lost_ = 0;
};

/// Reads an item that was broken once as broken for the rest of the run, so that all passes and
/// regions see the same frames.
class SteadySource : public Source {
 public:
  SteadySource(const Source& source, const RunControl& control)
      : source_(source), control_(control) {}
  const Layout& layout() const override { return source_.layout(); }
  int64_t read_bytes() const override { return source_.read_bytes(); }
  Region block() const override { return source_.block(); }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override {
    if (control_.is_broken(sequence)) return Status::fail("was unreadable before in this run");
    return source_.read(sequence, dst, header);
  }
  SourceRow row(int64_t sequence) const override { return source_.row(sequence); }
  std::string identity() const override { return source_.identity(); }

 private:
  const Source& source_;
  const RunControl& control_;
};

}  // namespace parfocal::engine
