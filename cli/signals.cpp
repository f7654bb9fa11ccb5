#include "signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "print.h"

namespace parfocal::cli {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler != SIG_IGN) sigaddset(&set, signal);
  }
  return set;
}

}  // namespace

SignalStop::SignalStop() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_fd_ = signalfd(-1, &set, SFD_CLOEXEC);
  end_fd_ = eventfd(0, EFD_CLOEXEC);
  if (signals_fd_ < 0 || end_fd_ < 0)
    throw std::system_error(errno, std::generic_category(), "waiting for signals");
  thread_ = std::thread([this] { wait_for_signals(); });
}

SignalStop::~SignalStop() {
  eventfd_write(end_fd_, 1);
  thread_.join();
  close(signals_fd_);
  close(end_fd_);
  // The signals stay blocked: one that comes now is too late to stop anything, and a run that has
  // finished must not look killed because of it.
}

void SignalStop::wait_for_signals() {
  for (;;) {
    pollfd waiting[] = {{signals_fd_, POLLIN, 0}, {end_fd_, POLLIN, 0}};
    if (poll(waiting, 2, -1) < 0 && errno != EINTR) return;
    if (waiting[1].revents != 0) return;
    signalfd_siginfo info{};
    if (waiting[0].revents != 0 && read(signals_fd_, &info, sizeof info) == sizeof info)
      received(static_cast<int>(info.ssi_signo));
  }
}

void SignalStop::received(int signal) {
  if (signal == SIGHUP && outlives_terminal_) {
    message("\nthe terminal is gone: the recording goes on (SIGTERM stops it)");
    return;
  }
  int none = 0;
  const bool first = first_.compare_exchange_strong(none, signal);
  if (first && !outputs_exist_) _exit(128 + signal);
  if (first) {
    message("\nstopping: started frames finish, files are closed (press again to abort)");
    stop_.request_stop();
  } else if (!abort_.stop_requested()) {
    message("\naborting: outputs are marked incomplete");
    abort_.request_stop();
  } else {
    _exit(128 + first_);
  }
}

}  // namespace parfocal::cli
