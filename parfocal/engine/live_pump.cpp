/// From a live source's own ring into the run: one thread that waits for room downstream, then for
/// the next frame. Frames the source lost show as missing numbers and become gaps, one by one.

#include "parfocal/core/guarded.h"
#include "parfocal/engine/pass_run.h"

namespace parfocal::engine {

bool PassRun::has_live_room(int64_t sequence) const {
  return live_ring_->has_room(sequence) && (!live_status_ || live_status_->has_room(sequence));
}

bool PassRun::wait_for_room(std::unique_lock<std::mutex>& lock, int64_t sequence,
                            std::stop_token stop) {
  return changed_.wait(lock, stop, [&] { return has_live_room(sequence); }) &&
         !stop.stop_requested();
}

// Under the lock, with room. The pixels, if any, are in place already.
void PassRun::publish_live(const FrameHeader& header, const Gap& gap) {
  for (Ring* ring : {live_ring_, live_status_}) {
    if (!ring) continue;
    Place& place = ring->at(source_items_);
    place.header = header;
    place.header.sequence = source_items_;
    place.header.coordinates = coordinates_of(ring->port().layout, source_items_);
    place.gap = gap;
    ring->publish(source_items_);
  }
  ++source_items_;
  if (gap.reason != GapReason::none) ++lost_;
  changed_.notify_all();
}

void PassRun::pump(LiveSource& live, std::stop_token stop) {
  try {
    close_live(live, pump_frames(live, stop));
  } catch (...) {
    break_off(std::current_exception());
    live.stop();
  }
}

// True if the stream ended by itself.
bool PassRun::pump_frames(LiveSource& live, std::stop_token stop) {
  bool ended = false;
  try {
    live.start();
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        if (!wait_for_room(lock, source_items_, stop)) break;
      }
      FrameHeader header;
      const Pop pop =
          live.pop(live_ring_->output(live_ring_->at(source_items_)).image, header, stop);
      ended = pop == Pop::end;
      if (pop != Pop::frame) break;
      if (header.sequence > source_items_ && !publish_lost(source_items_, header.sequence, stop))
        break;
      std::lock_guard lock(mutex_);
      publish_live(header, {});
    }
  } catch (const Error& error) {
    context_.faults.run_failed(error.code(), error.issues().front());
  } catch (...) {
    Issue issue = status_of_exception().issue();
    issue.where = "live source";
    context_.faults.run_failed(ErrorCode::run_failed, std::move(issue));
  }
  return ended;
}

// The frame that came holds the place of the first lost one; it moves on as each gap takes its
// place.
bool PassRun::publish_lost(int64_t from, int64_t to, std::stop_token stop) {
  context_.faults.frames_lost(from, to - 1);
  for (int64_t s = from; s < to; ++s) {
    std::unique_lock lock(mutex_);
    if (!wait_for_room(lock, s + 1, stop)) return false;
    std::swap(live_ring_->at(s).data, live_ring_->at(s + 1).data);
    publish_live({}, {GapReason::dropped, "the live source lost this frame"});
  }
  return true;
}

// The number of frames, or where nobody knows it, so many as fill the outer step that was begun.
int64_t PassRun::promised_items() const {
  const Layout& layout = live_ring_->port().layout;
  if (layout.stream_count() != kUnbounded) return layout.stream_count();
  int64_t step = 1;
  for (size_t a = 1; a < layout.stream.size(); ++a) step *= layout.stream[a].size;
  return (source_items_ + step - 1) / step * step;
}

// A source that ends before the number of frames it promised lost the rest.
void PassRun::close_live(LiveSource& live, bool ended) {
  live.stop();
  const int64_t promised = promised_items();
  if (ended && source_items_ < promised) context_.faults.frames_lost(source_items_, promised - 1);
  std::unique_lock lock(mutex_);
  while (ended && source_items_ < promised &&
         wait_for_room(lock, source_items_, pump_stop_.get_token()))
    publish_live({}, {GapReason::dropped, "the live source lost this frame, or ended before it"});
  live_ring_->close(source_items_);
  if (live_status_) live_status_->close(source_items_);
  changed_.notify_all();
}

}  // namespace parfocal::engine
