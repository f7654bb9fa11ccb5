#include "parfocal/planner/machine.h"

#include <sched.h>
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

std::filesystem::path own_cgroup() {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("0::"))
      return std::filesystem::path("/sys/fs/cgroup") /
             std::filesystem::path(line.substr(3)).relative_path();
  return {};
}

}  // namespace

int64_t available_memory_bytes() {
  int64_t bytes = kilobytes_of("/proc/meminfo", "MemAvailable");
  if (bytes < 0) bytes = std::numeric_limits<int64_t>::max();
  for (auto group = own_cgroup(); group.string().starts_with("/sys/fs/cgroup");
       group = group.parent_path()) {
    const int64_t limit = read_number(group / "memory.max"),
                  used = read_number(group / "memory.current");
    if (limit >= 0)
      bytes = std::min(bytes, std::max<int64_t>(0, limit - std::max<int64_t>(0, used)));
    if (group == "/sys/fs/cgroup") break;
  }
  return bytes;
}

int available_threads() {
  cpu_set_t set;
  int threads = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  for (auto group = own_cgroup(); group.string().starts_with("/sys/fs/cgroup");
       group = group.parent_path()) {
    std::ifstream in(group / "cpu.max");
    double quota = 0, period = 0;
    if (in >> quota >> period && period > 0)
      threads = std::min(threads, static_cast<int>(std::ceil(quota / period)));
    if (group == "/sys/fs/cgroup") break;
  }
  return std::max(1, threads);
}

int64_t peak_rss_bytes() {
  return std::max<int64_t>(0, kilobytes_of("/proc/self/status", "VmHWM"));
}

int64_t free_disk_bytes(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::path existing = std::filesystem::absolute(path, error);
  while (!existing.empty() && !std::filesystem::exists(existing, error) &&
         existing != existing.parent_path())
    existing = existing.parent_path();
  const auto space = std::filesystem::space(existing, error);
  return error ? -1 : static_cast<int64_t>(space.available);
}

}  // namespace parfocal
