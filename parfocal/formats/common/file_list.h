#pragma once
/// The files that a glob or a list names, in order. 100,000 names cost their characters and 20
/// bytes each.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal {

enum class FileOrder : uint8_t { natural, lexical, time };

/// a < b with runs of digits compared as numbers (img2 < img10); equal keys (img01, img1) are
/// ordered bytewise, so the order is total.
bool natural_less(std::string_view a, std::string_view b);

class FileList {
 public:
  /// All files that match one of the `patterns` (*, ?, [] within one folder level; ** any number of
  /// folders, also none, but hidden ones and links), each once, relative to `base_dir` unless
  /// absolute. stat()s every file. A link whose file is not there has its place in the list, with a
  /// size of 0: those behind it do not move up.
  /// Left out is what a pattern of `exclude` matches: the last part of a name, or where the pattern
  /// has a / the whole name; one that matches none becomes a notice. \throws Error(input_missing)
  /// if a pattern matches nothing: names the nearest folder that exists; if all are left out
  static FileList find(const std::filesystem::path& base_dir,
                       const std::vector<std::string>& patterns, FileOrder order,
                       const std::vector<std::string>& exclude = {});
  /// Exactly the files `names`, in this order. \throws Error(input_missing) naming those that are
  /// not there, or are folders
  static FileList of(const std::filesystem::path& base_dir, const std::vector<std::string>& names);

  /// For the user, one sentence each.
  const std::vector<std::string>& notices() const { return notices_; }
  int64_t size() const { return static_cast<int64_t>(ends_.size()); }
  /// As in the pattern: relative to base_dir, or absolute.
  std::string name(int64_t index) const;
  const std::filesystem::path& base_dir() const { return base_dir_; }
  std::filesystem::path path(int64_t index) const { return base_dir_ / name(index); }
  /// In bytes, when it was found; 0 if it could not be told.
  int64_t bytes(int64_t index) const { return bytes_[static_cast<size_t>(index)]; }
  bool is_there(int64_t index) const { return states_[static_cast<size_t>(index)] != 0; }
  /// Whether there is such a file on the disk.
  bool has(const std::string& name) const;
  /// Adds a file at the end, whether it is there or not; returns its index.
  int64_t append(const std::string& name);
  /// Whether all files still are those that were found. Names the first that is not.
  Status unchanged() const;
  int64_t total_bytes() const { return total_bytes_; }
  /// Hash of all names, sizes and modification times.
  uint64_t fingerprint() const { return fingerprint_; }

 private:
  void add(std::string_view name, int64_t bytes, int64_t time_ns, uint32_t state);
  std::filesystem::path base_dir_;
  std::string names_;  // all names, one after the other
  std::vector<uint64_t> ends_;
  std::vector<int64_t> bytes_;
  std::vector<uint32_t> states_;  // hashes of device, inode, size and time; 0 = not there
  std::vector<std::string> notices_;
  int64_t total_bytes_ = 0;
  uint64_t fingerprint_ = 0;  // of what was added so far
};

}  // namespace parfocal
