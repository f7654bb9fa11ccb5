#pragma once
/// Where frames wait for the threads that write them: a fixed number of buffers, and a queue.

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "parfocal/core/item.h"
#include "parfocal/formats/zarr/writer/frame_layout.h"

namespace parfocal {

/// A frame on its way, or a gap (without a buffer).
struct FrameJob {
  size_t image = 0;
  int64_t frame = 0;
  int64_t ticket = -1;
  int64_t count = 1;  ///< frames of a gap
  std::optional<Gap> gap;
  std::optional<AlignedBuffer> buffer;
  std::vector<std::byte> row;
};

/// Thread-safe.
class FramePool {
 public:
  FramePool(int64_t buffers, int64_t bytes);
  /// Waits for a buffer; none after stop().
  std::optional<AlignedBuffer> take();
  void give_back(AlignedBuffer buffer);
  void push(FrameJob job);
  /// Waits for a job; none after stop(), or after finish() when all are done.
  std::optional<FrameJob> pop();
  /// A job that pop() gave is done.
  void done();
  /// Waits until one more job is done; false if there is none under way, or after stop().
  bool wait_for_progress();
  /// No more jobs will come.
  void finish();
  /// Wakes everyone; what waits is dropped.
  void stop();

 private:
  std::mutex mutex_;
  std::condition_variable freed_, pushed_, progressed_;
  std::vector<AlignedBuffer> free_;
  std::deque<FrameJob> jobs_;
  int64_t under_way_ = 0, done_ = 0;
  bool finished_ = false, stopped_ = false;
};

}  // namespace parfocal
