#include "parfocal/formats/common/heartbeat.h"

#include <system_error>

#include "parfocal/core/error.h"

namespace parfocal {

void Heartbeat::start(std::function<void()> beat) {
  beat_ = std::move(beat);
  try {
    thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
  } catch (const std::system_error& error) {
    throw Error(ErrorCode::run_failed,
                Issue{"the system gives no more threads", "", error.what(), "one per output",
                      "raise the limit (ulimit -u), or close other programs"});
  }
}

// Under the lock, so that the thread either sees the mark or is waiting already.
void Heartbeat::wake() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void Heartbeat::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Heartbeat::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return touched_.load(); })) {
    changed_.wait_for(lock, stop, kPeriod, [] { return false; });
    if (stop.stop_requested()) return;
    touched_ = false;  // what is written from here on asks for another beat
    lock.unlock();
    beat_();
    lock.lock();
  }
}

}  // namespace parfocal
