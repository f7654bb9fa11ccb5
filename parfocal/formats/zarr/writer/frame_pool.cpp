#include "parfocal/formats/zarr/writer/frame_pool.h"

namespace parfocal {

FramePool::FramePool(int64_t buffers, int64_t bytes) {
  for (int64_t i = 0; i < buffers; ++i) free_.emplace_back(bytes);
}

std::optional<AlignedBuffer> FramePool::take() {
  std::unique_lock lock(mutex_);
  freed_.wait(lock, [&] { return !free_.empty() || stopped_; });
  if (stopped_) return std::nullopt;
  // The one that was used last is still in the caches.
  AlignedBuffer buffer = std::move(free_.back());
  free_.pop_back();
  return buffer;
}

void FramePool::give_back(AlignedBuffer buffer) {
  {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(buffer));
  }
  freed_.notify_one();
}

void FramePool::push(FrameJob job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    ++under_way_;
  }
  pushed_.notify_one();
}

std::optional<FrameJob> FramePool::pop() {
  std::unique_lock lock(mutex_);
  pushed_.wait(lock, [&] { return !jobs_.empty() || finished_ || stopped_; });
  if (stopped_ || jobs_.empty()) return std::nullopt;
  FrameJob job = std::move(jobs_.front());
  jobs_.pop_front();
  return job;
}

void FramePool::done() {
  {
    const std::lock_guard lock(mutex_);
    --under_way_;
    ++done_;
  }
  progressed_.notify_all();
}

bool FramePool::wait_for_progress() {
  std::unique_lock lock(mutex_);
  if (under_way_ == 0 || stopped_) return false;
  progressed_.wait(lock, [&, before = done_] { return done_ != before || stopped_; });
  return !stopped_;
}

void FramePool::finish() {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
  }
  pushed_.notify_all();
}

void FramePool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  pushed_.notify_all();
  freed_.notify_all();
  progressed_.notify_all();
}

}  // namespace parfocal
