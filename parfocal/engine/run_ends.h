#pragma once
/// All sinks and observers of a run: opened before the first pass, closed after the last, counted.

#include <map>
#include <memory>
#include <stop_token>
#include <vector>

#include "parfocal/engine/sink_edge.h"

namespace parfocal::engine {

class RunEnds {
 public:
  RunEnds(const Plan& plan, Faults& faults) : plan_(plan), faults_(faults) {}

  /// Makes all ends, then creates the sinks' files. \throws Error, with what was opened closed
  /// again
  void open(const SinkContext& context);
  /// Closes all sinks. If the run was cut, all sinks keep what all of them have, and frames.csv
  /// gets a row for every frame that was not reached (unless `abort` asks for haste). `items`: that
  /// the source gave, where it has no known end.
  void close(const Outcome& outcome, int64_t items, const std::stop_token& abort);
  /// Closes the sinks that a live stream has ended for, so that later passes can read them again.
  /// False, with the failure reported, if one cannot.
  bool close_first_pass(const Outcome& outcome);
  /// Counts of every edge; a complete run with items unaccounted for becomes a failed one.
  void report(RunRecord& record) const;
  /// Whether all sinks have an item from an earlier run, so that it need not be read.
  bool have(int64_t sequence) const;
  /// What the sinks wrote, and the run record in `folder`.
  std::vector<std::filesystem::path> paths(const std::filesystem::path& folder) const;

  /// The end of sink or observer node `n`.
  SinkEnd& sink(int n);
  ObserverEnd& observer(int n) { return *observers_.at(n); }

 private:
  void open_observer(int n);
  void make_ends(const SinkContext& context);
  void open_files();
  void finish(SinkEnd& end, const Outcome& outcome);
  Status tell_of_unreached(SinkEnd& end, const std::string& reason, const std::stop_token& abort);
  int64_t expected_of(const SinkEnd& end) const;
  int64_t source_items() const;
  bool all_stored() const;
  int64_t queued_bytes(PortId port) const;
  /// Items of a broken sink that are stored.
  static int64_t stored_of(const SinkEnd& end);
  void fail(const SinkEnd& end, const Status& status);
  void settle(SinkEnd& end, const Outcome& outcome);
  const Layout& clock_of(const SinkEnd& end) const;
  bool on_source_clock(const SinkEnd& end) const;
  int64_t common_prefix() const;
  bool records_live(const SinkEnd& end) const;
  int64_t kept_of(const SinkEnd& end) const;
  int level_of(const SinkEnd& end) const;

  const Plan& plan_;
  Faults& faults_;
  std::vector<SinkEnd> sinks_;
  std::map<int, std::unique_ptr<ObserverEnd>> observers_;
  int64_t items_ = 0;  ///< that a source without a known end gave
};

}  // namespace parfocal::engine
