#pragma once
/// A lock on a file that ends with the process, however that ends.

#include <filesystem>
#include <optional>
#include <utility>

namespace parfocal::engine {

/// Locks of open files (F_OFD_SETLK) rather than flock: whether one is held can be asked without
/// taking it, so `info` never makes a run believe that another one is at work. On a file system
/// without locks nothing is locked and nothing is held.
class FileLock {
 public:
  /// Opens `file` with these further flags (O_CREAT, O_EXCL) and locks it. Nothing if another
  /// process holds it, or, with O_EXCL, if it exists. \throws Error(run_failed) if it cannot be
  /// opened
  static std::optional<FileLock> take(const std::filesystem::path& file, int flags = 0);
  /// Whether somebody holds it, be it another FileLock of this process.
  static bool held(const std::filesystem::path& file);

  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileLock();
  int fd() const { return fd_; }
  /// Whether the locked file still has this name: not if it, or a folder above, was moved away.
  bool is_at(const std::filesystem::path& file) const;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace parfocal::engine
