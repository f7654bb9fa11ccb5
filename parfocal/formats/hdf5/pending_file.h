#pragma once
/// A file that gets its name only when it is complete.
///
/// The rule for every file of this room: it is written as "<name>.part" beside its place, flushed
/// to the disk, and renamed. A run that is killed leaves the part file (a recorded one has a
/// journal beside it and can be recovered) and whatever stood at the name before, untouched; the
/// next run replaces the part file. A run that was stopped publishes what is valid and marks it
/// with the root attribute "user:parfocal incomplete".

#include <filesystem>

#include "parfocal/core/error.h"

namespace parfocal {

/// The root attribute of an incomplete file; its text is the reason. "user" is the section that
/// readers leave free.
inline constexpr const char* kIncompleteAttribute = "user:parfocal incomplete";

/// \throws Error(run_failed) if `path` is a file that is marked read-only or may not be written
void require_replaceable(const std::filesystem::path& path);

class PendingFile {
 public:
  /// Nothing is touched yet. A link at `name` is followed: its target is what will be replaced.
  explicit PendingFile(const std::filesystem::path& name);
  /// Removes the part file unless it was published.
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  const std::filesystem::path& final() const { return final_; }
  const std::filesystem::path& part() const { return part_; }
  /// Makes the folders and removes an old part file. \throws Error(run_failed) if the place cannot
  /// be written
  void prepare();
  /// prepare(), then a copy of `from`, with its permissions: by reference to the same blocks where
  /// the file system can (FICLONE), else by copying. \throws Error(input_missing | run_failed)
  void prepare_copy_of(const std::filesystem::path& from);
  /// Takes over the part file that a killed run left.
  void adopt() { pending_ = true; }
  /// Flushes the part file to the disk and gives it its name.
  Status publish();
  /// Leaves the part file where it is, to be recovered.
  void keep() { pending_ = false; }
  /// Removes the part file.
  void discard();

 private:
  std::filesystem::path final_, part_;
  bool pending_ = false;
};

}  // namespace parfocal
