#include "parfocal/planner/machine.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <string>

namespace parfocal {
namespace {

// "VmHWM:   123 kB" style files; -1 if absent.
int64_t kilobytes_of(const char* file, const std::string& key) {
  std::ifstream in(file);
  std::string word;
  while (in >> word)
    if (word == key + ":") {
      int64_t kilobytes = -1;
      in >> kilobytes;
      return kilobytes * 1024;
    }
  return -1;
}

int64_t read_number(const std::filesystem::path& file) {
  std::ifstream in(file);
  int64_t value = -1;
  return in >> value ? value : -1;  // "max" does not parse: no limit
}

constexpr const char* kCgroups = "/sys/fs/cgroup";

// The group of this process in the hierarchy of `controller` (version 1), or in the only one
// (version 2, controller ""). Inside a container the path may be that of the host: then its root is
// ours.
std::filesystem::path own_cgroup(const std::string& controller) {
  std::ifstream in("/proc/self/cgroup");
  if (!in) return std::filesystem::path(kCgroups) / controller;  // no /proc: as in a container
  const std::string key = controller.empty() ? "0::" : ":" + controller + ":";
  for (std::string line; std::getline(in, line);) {
    const size_t at = line.find(key);
    if (at == std::string::npos || (controller.empty() && at != 0)) continue;
    const std::filesystem::path root = std::filesystem::path(kCgroups) / controller;
    const auto group = root / std::filesystem::path(line.substr(at + key.size())).relative_path();
    return std::filesystem::exists(group) ? group : root;
  }
  return {};
}

// Calls f for the group and every group that encloses it.
template <class F>
void for_each_enclosing(std::filesystem::path group, F&& f) {
  for (; group.string().starts_with(kCgroups) && group != kCgroups; group = group.parent_path())
    f(group);
  if (group == kCgroups) f(group);
}

// Without what the page cache would give back: only /proc tells that.
int64_t free_memory_bytes() {
  struct sysinfo info {};
  if (sysinfo(&info) != 0) return 0;
  return static_cast<int64_t>(info.freeram + info.bufferram) * static_cast<int64_t>(info.mem_unit);
}

int64_t room_in(const std::filesystem::path& group, const char* limit_file, const char* used_file) {
  const int64_t limit = read_number(group / limit_file), used = read_number(group / used_file);
  return limit < 0 ? std::numeric_limits<int64_t>::max()
                   : std::max<int64_t>(0, limit - std::max<int64_t>(0, used));
}

}  // namespace

int64_t available_memory_bytes() {
  int64_t bytes = kilobytes_of("/proc/meminfo", "MemAvailable");
  if (bytes < 0) bytes = free_memory_bytes();
  for_each_enclosing(own_cgroup(""), [&](const auto& group) {
    bytes = std::min(bytes, room_in(group, "memory.max", "memory.current"));
  });
  for_each_enclosing(own_cgroup("memory"), [&](const auto& group) {
    bytes = std::min(bytes, room_in(group, "memory.limit_in_bytes", "memory.usage_in_bytes"));
  });
  return bytes;
}

int available_threads() {
  cpu_set_t set;
  int threads = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  const auto allow = [&](double quota, double period) {
    if (quota > 0 && period > 0)
      threads = std::min(threads, static_cast<int>(std::ceil(quota / period)));
  };
  for_each_enclosing(own_cgroup(""), [&](const auto& group) {
    std::ifstream in(group / "cpu.max");
    double quota = 0, period = 0;
    if (in >> quota >> period) allow(quota, period);
  });
  for_each_enclosing(own_cgroup("cpu"), [&](const auto& group) {
    allow(static_cast<double>(read_number(group / "cpu.cfs_quota_us")),
          static_cast<double>(read_number(group / "cpu.cfs_period_us")));
  });
  return std::max(1, threads);
}

int64_t peak_rss_bytes() {
  const int64_t bytes = kilobytes_of("/proc/self/status", "VmHWM");
  if (bytes >= 0) return bytes;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<int64_t>(usage.ru_maxrss) * 1024;
}

void restart_peak_rss() { std::ofstream("/proc/self/clear_refs") << "5"; }

int64_t free_disk_bytes(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path existing = std::filesystem::absolute(path, error);
  while (!existing.empty() && !std::filesystem::exists(existing, error) &&
         existing != existing.parent_path())
    existing = existing.parent_path();
  const auto space = std::filesystem::space(existing, error);
  // Some file systems (ramfs, FUSE) tell of no blocks at all.
  return error || space.capacity == 0 ? -1 : static_cast<int64_t>(space.available);
}

}  // namespace parfocal
