#pragma once
/// What this process may use: memory and processors within its cgroup, and what it uses now.

#include <cstdint>
#include <filesystem>

namespace parfocal {

/// Memory that may still be used: the least of MemAvailable and what every enclosing cgroup leaves.
int64_t available_memory_bytes();
/// Processors that affinity and the cgroup's CPU quota allow, at least 1.
int available_threads();
/// Peak resident set so far (VmHWM).
int64_t peak_rss_bytes();
/// From now on the peak is told of what comes, where the system can do so.
void restart_peak_rss();
/// Free bytes for this user on the disk of `path` (or its nearest existing parent); -1 = unknown.
int64_t free_disk_bytes(const std::filesystem::path& path);

}  // namespace parfocal
