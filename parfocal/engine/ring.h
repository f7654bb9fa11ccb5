#pragma once
/// A bounded queue of items between stages: `capacity` fixed places, written by sequence number,
/// read in place by any number of readers. A place is a lease: it belongs to the producer from
/// reservation to publication, then to the readers until the slowest has passed it. Nothing is
/// copied or allocated.
///
/// Not thread-safe: all bookkeeping happens under the scheduler's lock. The bytes of a place may be
/// written without it between reservation and publication, and read between publication and
/// release.

#include <algorithm>
#include <memory>
#include <vector>

#include "parfocal/core/block.h"
#include "parfocal/core/item.h"
#include "parfocal/engine/scratch_block.h"
#include "parfocal/planner/plan.h"

namespace parfocal::engine {

/// One place of a ring.
struct Place {
  FrameHeader header;
  Gap gap;
  int64_t rows = 0;  ///< tables
  std::byte* data = nullptr;
  int64_t filled = -1;  ///< sequence of the item it holds; -1 = nothing yet
};

class Ring {
 public:
  /// Released past every item: the reader is done. Far from overflow when capacities are added.
  static constexpr int64_t kAllItems = INT64_MAX / 4;

  /// `region`: of one item in this sweep. \throws std::bad_alloc; Error(run_failed) if the plan
  /// wants scratch and `folder` has no room for it
  Ring(const RingPlan& plan, const PortLayout& port, const Region& region,
       const std::filesystem::path& folder = {})
      : plan_(plan),
        port_(port),
        region_(region),
        places_(static_cast<size_t>(plan.capacity)),
        total_(port.layout.stream_count()) {
    const int64_t stride = (plan.item_bytes + 63) / 64 * 64;
    const auto bytes = static_cast<size_t>(stride * plan.capacity);
    if (plan.scratch)
      scratch_ = std::make_unique<ScratchBlock>(bytes, folder);
    else
      memory_ = Block(bytes);
    std::byte* const data = scratch_ ? scratch_->data() : memory_.data();
    for (size_t i = 0; i < places_.size(); ++i)
      places_[i].data = data + static_cast<int64_t>(i) * stride;
  }

  const RingPlan& plan() const { return plan_; }
  const PortLayout& port() const { return port_; }
  const Region& region() const { return region_; }

  int add_reader() {
    tails_.push_back(0);
    return static_cast<int>(tails_.size()) - 1;
  }
  Place& at(int64_t sequence) { return places_[static_cast<size_t>(sequence % plan_.capacity)]; }
  /// The producer may write the place of `sequence`: all readers have passed what it held.
  /// Past the last item that the layout promises nothing will be written, so no place is needed.
  bool has_room(int64_t sequence) const {
    return is_past_end(sequence) || tails_.empty() || plan_.retained ||
           sequence < oldest_ + plan_.capacity;
  }
  bool is_past_end(int64_t sequence) const { return total_ != kUnbounded && sequence >= total_; }
  bool holds(int64_t sequence) const {
    return places_[static_cast<size_t>(sequence % plan_.capacity)].filled == sequence;
  }
  void publish(int64_t sequence) { at(sequence).filled = sequence; }
  /// The reader needs nothing before `sequence` any more.
  void release(int reader, int64_t sequence) {
    int64_t& tail = tails_[static_cast<size_t>(reader)];
    if (sequence <= tail) return;
    tail = sequence;
    if (!plan_.retained) oldest_ = *std::min_element(tails_.begin(), tails_.end());
  }
  /// No more items: the stream has `count` of them.
  void close(int64_t count) { count_ = count; }
  int64_t count() const { return count_; }  ///< -1 until closed

  /// Null if the items are in memory.
  const ScratchBlock* scratch() const { return scratch_.get(); }

  View view(const Place& place) const {
    return packed_view<const std::byte>(place.data, port_.layout.dtype, region_);
  }
  Input input(const Place& place) const {
    Input in;
    in.header = &place.header;
    in.scratch = scratch_.get();
    if (place.gap.reason != GapReason::none)
      in.gap = &place.gap;
    else if (plan_.status_only)
      return in;
    else if (port_.kind == PortKind::table)
      in.table = {&port_.table, place.data, place.rows};
    else
      in.image = view(place);
    return in;
  }
  Output output(Place& place) const {
    Output out;
    out.scratch = scratch_.get();
    if (port_.kind == PortKind::table)
      out.table = {&port_.table, place.data, 0};
    else
      out.image = packed_view(place.data, port_.layout.dtype, region_);
    return out;
  }

 private:
  RingPlan plan_;
  PortLayout port_;
  Region region_;
  Block memory_;
  std::unique_ptr<ScratchBlock> scratch_;
  std::vector<Place> places_;
  std::vector<int64_t> tails_;
  int64_t total_ = kUnbounded;
  int64_t oldest_ = 0;
  int64_t count_ = -1;
};

}  // namespace parfocal::engine
