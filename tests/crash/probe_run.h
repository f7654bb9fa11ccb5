#pragma once
/// Starts zarr_write_probe, stops it when asked, and knows where it wrote.

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "probe/probe_spec.h"

namespace parfocal::crash {

/// A new folder that is removed at the end; in memory where there is /dev/shm and `in_memory`.
class Scratch {
 public:
  explicit Scratch(bool in_memory);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// One run of the probe, writing to `folder`/store and `folder`/receipts.
class ProbeRun {
 public:
  ProbeRun(const ProbeSpec& spec, const std::filesystem::path& folder,
           const std::map<std::string, std::string>& environment = {});
  ~ProbeRun();
  ProbeRun(const ProbeRun&) = delete;
  ProbeRun& operator=(const ProbeRun&) = delete;
  /// SIGKILL.
  void kill();
  /// Its exit code; -1 if a signal ended it.
  int wait();
  bool has_ended();
  const std::filesystem::path& store() const { return store_; }
  const std::filesystem::path& receipts() const { return receipts_; }
  /// What it said on stderr.
  std::string messages() const;

 private:
  std::filesystem::path store_, receipts_, messages_;
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

/// Runs a command to its end with more in its environment; its exit code, -1 if a signal ended it.
int run_command(std::vector<std::string> words,
                const std::map<std::string, std::string>& environment);

}  // namespace parfocal::crash
