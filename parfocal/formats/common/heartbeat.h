#pragma once
/// Hands on what was written a while ago, also when nothing more comes: a thread that sleeps until
/// something was written, waits for one period, and calls.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace parfocal {

class Heartbeat {
 public:
  static constexpr std::chrono::milliseconds kPeriod{500};
  static constexpr int64_t kResidentBytes = 256 << 10;  ///< of the thread

  Heartbeat() = default;
  /// Stops without a last beat.
  ~Heartbeat() { stop(); }
  Heartbeat(const Heartbeat&) = delete;
  Heartbeat& operator=(const Heartbeat&) = delete;

  /// `beat` is called on the thread and must not throw. \throws Error(run_failed) if the system
  /// gives no thread
  void start(std::function<void()> beat);
  /// Something was written: a beat follows within a period. Thread-safe, cheap.
  void touch() {
    if (!touched_.load() && !touched_.exchange(true)) wake();
  }
  /// Returns when no beat is under way and none will come. Again: no effect.
  void stop();

 private:
  void wake();
  void work(const std::stop_token& stop);

  std::function<void()> beat_;
  std::atomic<bool> touched_ = false;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

}  // namespace parfocal
