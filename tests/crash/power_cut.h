#pragma once
/// What a disk may hold after a power cut, from a log of a program's file operations.

#include <filesystem>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "shim/io_log.h"

namespace parfocal::crash {

/// One logged operation, ready to be replayed.
struct DiskOp {
  LogOp op{};
  uint64_t number = 0;       // offset, size, or which sync
  int inode = -1;            // of a file; for names: what the name stands for
  std::string path, second;  // of names; of a synced folder
  std::span<const std::byte> data;
};

/// The log of one run.
class DiskLog {
 public:
  /// `root`: the folder that was watched; its contents at the start must have been none.
  DiskLog(const std::filesystem::path& log, std::filesystem::path root);
  size_t size() const { return ops_.size(); }
  const DiskOp& op(size_t i) const { return ops_[i]; }

  /// Makes `folder` what the disk may hold if the power went after the first `prefix` operations:
  /// what a completed sync covers is there; of all else each sector of each write, each size and
  /// each name is there or not, at random and in no order. Names need a sync of their folder.
  /// Sectors have 512 or 4,096 bytes.
  void cut(size_t prefix, uint64_t seed, const std::filesystem::path& folder) const;
  /// Data of all writes to the file `path` among the first `prefix` operations, joined.
  std::vector<std::byte> written_to(const std::string& path, size_t prefix) const;

 private:
  struct Names;
  void add(const LogRecord& record, std::string path, std::string second,
           std::span<const std::byte> data);
  std::vector<size_t> covered_until(size_t prefix) const;
  void write_file(int inode, size_t prefix, const std::vector<size_t>& covered,
                  std::mt19937_64& random, const std::filesystem::path& to) const;

  std::filesystem::path root_;
  std::vector<std::byte> bytes_;
  std::vector<DiskOp> ops_;
  // While the log is read: the true state.
  std::map<std::string, int> names_;
  std::map<int, int> inode_of_fd_;
  std::map<int, std::string> path_of_fd_;
  int inodes_ = 0;
};

}  // namespace parfocal::crash
