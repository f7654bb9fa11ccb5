#pragma once
/// What the library knows: what of it is asked for by the environment (io_shim.cpp), and what it
/// has counted so far.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "io_log.h"

namespace parfocal::crash {

constexpr int kMostFds = 65536;
enum Watch : uint8_t { kNo = 0, kYes = 1, kDirect = 2, kKeep = 4 };

template <class F>
F* next(const char* name) {
  return reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}
#define NEXT(name) static auto* const real = next<decltype(name)>(#name)

inline std::string text_of(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}
inline int64_t number_of(const char* name) {
  const std::string text = text_of(name);
  return text.empty() ? -1 : std::atoll(text.c_str());
}

struct Counters {
  std::atomic<int64_t> operations{0}, writes{0}, syncs{0}, written{0}, renames{0};
};

/// In the file that SHIM_COUNT names, so that they outlive the program.
inline Counters& counters() {
  static Counters own;
  const std::string path = text_of("SHIM_COUNT");
  if (path.empty()) return own;
  NEXT(open);
  const int fd = real(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0 || next<decltype(ftruncate)>("ftruncate")(fd, sizeof own) != 0) return own;
  void* page = mmap(nullptr, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return page == MAP_FAILED ? own : *new (page) Counters;
}

/// "20:2,r3:9" -> {"20": 2, "r3": 9}
inline std::map<std::string, int> signals_of(const std::string& text) {
  std::map<std::string, int> signals;
  for (size_t at = 0; at < text.size();) {
    const size_t colon = text.find(':', at), end = std::min(text.find(',', at), text.size());
    if (colon < end) signals[text.substr(at, colon - at)] = std::atoi(text.c_str() + colon + 1);
    at = end + 1;
  }
  return signals;
}

struct Shim {
  std::string root = text_of("SHIM_ROOT"), keep = text_of("SHIM_KEEP");
  bool drop_syncs = number_of("SHIM_DROP_SYNCS") == 1;
  int64_t enospc = number_of("SHIM_ENOSPC"), eio_write = number_of("SHIM_EIO_WRITE"),
          eio_sync = number_of("SHIM_EIO_SYNC"), kill_at = number_of("SHIM_KILL");
  int log = -1;
  std::mutex mutex;
  std::atomic<uint8_t> watched[kMostFds]{};
  const std::map<std::string, int> signals = signals_of(text_of("SHIM_SIGNALS"));
  Counters& count = counters();
  std::atomic<int64_t>&operations = count.operations, &writes = count.writes, &syncs = count.syncs,
  &written = count.written;

  Shim() {
    const std::string path = text_of("SHIM_LOG");
    NEXT(open);
    if (!path.empty()) log = real(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  }
  uint8_t watch_of(int fd) const {
    return fd >= 0 && fd < kMostFds ? watched[fd].load() : static_cast<uint8_t>(kNo);
  }
  bool is_below(const char* path) const {
    return path && !root.empty() && std::strncmp(path, root.c_str(), root.size()) == 0;
  }
  void put(LogOp op, int fd, uint64_t number, const char* path = "", const char* second = "",
           const void* data = nullptr, size_t bytes = 0) {
    if (log < 0) return;
    NEXT(writev);
    LogRecord record{op, fd, number, 0, 0, bytes};
    record.path_bytes = static_cast<uint32_t>(std::strlen(path));
    record.second_bytes = static_cast<uint32_t>(std::strlen(second));
    const iovec parts[] = {{&record, sizeof record},
                           {const_cast<char*>(path), record.path_bytes},
                           {const_cast<char*>(second), record.second_bytes},
                           {const_cast<void*>(data), bytes}};
    const std::lock_guard lock(mutex);
    if (real(log, parts, 4) < 0) std::perror("io_shim: log");
  }
  /// To be called before each operation that changes something.
  void begin(bool watched_one) {
    if (!watched_one) return;
    const int64_t number = ++operations;
    if (number == kill_at) ::kill(::getpid(), SIGKILL);
    if (!signals.empty()) send(std::to_string(number));
  }
  void begin_rename(bool watched_one) {
    begin(watched_one);
    if (watched_one) send("r" + std::to_string(++count.renames));
  }
  /// To the process, but for a stop: that holds this very thread here.
  void send(const std::string& moment) const {
    const auto found = signals.find(moment);
    if (found == signals.end()) return;
    if (found->second == SIGSTOP)
      ::raise(SIGSTOP);
    else
      ::kill(::getpid(), found->second);
  }
  int opened(int fd, const char* path, int flags) {
    if (fd < 0 || fd >= kMostFds) return fd;
    uint8_t watch = kNo;
    if (is_below(path)) {
      watch = kYes;
      if (flags & O_DIRECT) watch |= kDirect;
      if (!keep.empty() && keep == path) watch |= kKeep;
      put(LogOp::open, fd, static_cast<uint64_t>(flags), path);
    }
    watched[fd] = watch;
    return fd;
  }
  /// Bytes of a write that the disk takes; -1 with errno: none.
  ssize_t allowed(int fd, size_t bytes) {
    const uint8_t watch = watch_of(fd);
    if (!watch || (watch & kKeep)) return static_cast<ssize_t>(bytes);
    if (++writes == eio_write) {
      errno = EIO;
      return -1;
    }
    const int64_t before = written.fetch_add(static_cast<int64_t>(bytes));
    if (enospc < 0) return static_cast<ssize_t>(bytes);
    int64_t room = enospc - before;
    if (watch & kDirect) room = room / 4096 * 4096;
    if (room >= static_cast<int64_t>(bytes)) return static_cast<ssize_t>(bytes);
    if (room > 0) return room;
    errno = ENOSPC;
    return -1;
  }
  template <class F>
  int sync(int fd, LogOp begin, F&& real) {
    if (!watch_of(fd)) return real(fd);
    this->begin(true);
    const int64_t number = ++syncs;
    if (number == eio_sync) {
      put(LogOp::sync_failed, fd, static_cast<uint64_t>(number));
      errno = EIO;
      return -1;
    }
    if (drop_syncs) return 0;
    put(begin, fd, static_cast<uint64_t>(number));
    const int result = real(fd);
    if (result == 0) put(LogOp::sync_end, fd, static_cast<uint64_t>(number));
    return result;
  }
};

}  // namespace parfocal::crash
