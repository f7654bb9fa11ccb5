#pragma once
/// The ends of a run: sinks with their counts, observers with their leases.

#include <memory>
#include <string>

#include "parfocal/engine/ordered_stage.h"
#include "parfocal/engine/run.h"

namespace parfocal::engine {

/// A sink and what it got, over all passes and steps of the sweep.
struct SinkEnd {
  int node = 0;
  std::unique_ptr<Sink> sink;
  EdgeCount count;
  int64_t came = 0;  ///< items in order that reached it, gaps included
  int64_t written =
      0;          ///< the first of these that it took, gaps included: none after a failed write
  FrameSet gaps;  ///< of the items it took
  bool broken = false;       ///< a write failed: it takes nothing more
  bool ended_early = false;  ///< closed when the live stream ended, before later passes
};

/// Writes items to a sink. An item whose write failed, and all after it, are not received. A sweep
/// by regions counts items in its last step, when they are whole;
/// only then frames.csv, which is internal, gets its rows.
std::unique_ptr<Consumer> make_sink_consumer(const PassContext& context, SinkEnd& end, bool counts);

/// Hands copies to an observer on its own thread. Two leases: the one it looks at and the one that
/// waits; a newer item replaces the waiting one. A hanging observer keeps its leases and nothing
/// else.
class ObserverEnd {
 public:
  ObserverEnd(const std::string& name, std::unique_ptr<Observer> observer, const PortLayout& port,
              int64_t item_bytes);
  ~ObserverEnd();
  /// Never waits. Returns false if an older waiting item was replaced.
  bool offer(const Input& item);
  EdgeCount count;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

std::unique_ptr<Consumer> make_observer_consumer(ObserverEnd& end);

}  // namespace parfocal::engine
