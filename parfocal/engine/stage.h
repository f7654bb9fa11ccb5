#pragma once
/// A stage at run time: what it reads, what it writes, how far it is.
///
/// The scheduler claims items of a stage under its lock, executes them without it, and completes
/// them under it again. A claim is only given when all inputs are there and all outputs have room,
/// so executing never waits: a worker that took items can always finish them.

#include <optional>
#include <vector>

#include "parfocal/engine/ring.h"
#include "parfocal/planner/binding.h"

namespace parfocal::engine {

/// One ring that a stage reads, and which of its items belongs to a sequence of the stage.
struct Edge {
  Ring* ring = nullptr;
  int reader = 0;
  SequenceMap map;
  bool main = false;  ///< same clock as the stage: its end is the stage's end
};

/// The part `region` of `item`; it may be empty and then lies anywhere.
inline View part_of(const View& item, const Region& region) {
  if (region.count() > 0) return subview(item, region);
  View empty = item;
  empty.region = region;
  return empty;
}

/// One input of an ordered node.
struct EdgeInput {
  int edge = -1;               ///< -1: nothing is connected
  std::optional<Region> part;  ///< the region it reads, if not all of the item
};

/// Where a stage that is at `next` must end by what its inputs say: the least count of the inputs
/// of its own clock, or here, if a broadcast input has closed without the item needed. -1 = not
/// known yet.
inline int64_t end_of(const std::vector<Edge>& edges, int64_t next) {
  int64_t end = -1;
  for (const Edge& edge : edges) {
    const int64_t count = edge.ring->count();
    if (count < 0 || (!edge.main && edge.map(next) < count)) continue;
    const int64_t here = edge.main ? count : next;
    end = end < 0 ? here : std::min(end, here);
  }
  return end;
}

/// Takes what a call has touched of large Values on disk out of memory.
class ScratchUse {
 public:
  ScratchUse(const std::vector<Edge>& edges, const std::vector<Ring*>& outputs) {
    for (const Edge& edge : edges) add(edge.ring);
    for (const Ring* ring : outputs) add(ring);
  }
  void release() const {
    for (const ScratchBlock* block : blocks_) block->release_all();
  }

 private:
  void add(const Ring* ring) {
    if (ring->scratch()) blocks_.push_back(ring->scratch());
  }
  std::vector<const ScratchBlock*> blocks_;
};

/// Items [first, first + count) of one stage, given to one worker.
struct Claim {
  int64_t first = 0;
  int64_t count = 0;
};

class Stage {
 public:
  virtual ~Stage() = default;
  /// Items that can start now, at most `most`; count 0 = not ready. Under the lock; takes them.
  virtual Claim claim(int64_t most) = 0;
  /// True if claim() would give something. Under the lock.
  virtual bool ready() const = 0;
  virtual void execute(const Claim& claim, int worker) = 0;
  virtual void complete(const Claim& claim) = 0;
  /// Everything was taken, done and released, and the outputs are closed.
  virtual bool finished() const = 0;
  /// The run stops: take nothing more from the source.
  virtual void stop() {}
};

/// The failure and gap rules of a run, shared by its stages. Thread-safe.
class Faults {
 public:
  virtual ~Faults() = default;
  /// Item `sequence` of `node` could not be made. Returns the gap if the node skips errors;
  /// otherwise the run fails (and a gap is returned all the same, so that what is under way can
  /// finish).
  virtual Gap item_failed(const NodePlan& node, int64_t sequence, const Issue& issue) = 0;
  /// The gap of an item that failed before, in an earlier pass or for another region: it stays a
  /// gap, so that all passes and regions see the same items.
  virtual std::optional<Gap> failed_before(const NodePlan& node, int64_t sequence) const = 0;
  /// Something the user must know of `node`, one sentence.
  virtual void notice(const NodePlan& node, std::string text) = 0;
  /// A live source lost frames [first, last]; they are gaps. Ends a strict run.
  virtual void frames_lost(int64_t first, int64_t last) = 0;
  /// The run cannot go on.
  virtual void run_failed(ErrorCode code, Issue issue) = 0;
  /// False once the run is stopping or failing: what is incomplete stays incomplete.
  virtual bool running() const = 0;
};

}  // namespace parfocal::engine
