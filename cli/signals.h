#pragma once
/// SIGINT, SIGTERM and SIGHUP as stop tokens: a thread waits for them, so no work is done in a
/// handler.

#include <atomic>
#include <stop_token>
#include <thread>

namespace parfocal::cli {

/// While it lives, the first signal requests stop, the second abort, the third ends the process.
/// Before outputs_exist() was called nothing needs closing: the first signal ends the process.
/// Make it before any other thread is started: they inherit the blocked signals. A signal that was
/// ignored at the start (nohup, background jobs of scripts) stays ignored. After its end a signal
/// changes nothing any more. A run that outlives its terminal takes SIGHUP as a word, no more.
class SignalStop {
 public:
  SignalStop();
  ~SignalStop();
  SignalStop(const SignalStop&) = delete;
  SignalStop& operator=(const SignalStop&) = delete;
  /// `outlives_terminal`: what a camera sends comes once, so a closed window is no reason to stop.
  void outputs_exist(bool outlives_terminal) {
    outlives_terminal_ = outlives_terminal;
    outputs_exist_ = true;
  }
  std::stop_token stop() const { return stop_.get_token(); }
  std::stop_token abort() const { return abort_.get_token(); }
  /// 128 + the first signal received; 0 = none.
  int exit_code() const { return first_ == 0 ? 0 : 128 + first_; }

 private:
  void wait_for_signals();
  void received(int signal);

  std::stop_source stop_, abort_;
  std::atomic<bool> outputs_exist_ = false, outlives_terminal_ = false;
  std::atomic<int> first_ = 0;
  int signals_fd_ = -1, end_fd_ = -1;
  std::thread thread_;
};

}  // namespace parfocal::cli
