#pragma once
/// The files that a glob names, in order. 100,000 names cost their characters and 8 bytes each.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace parfocal {

enum class FileOrder : uint8_t { natural, lexical, time };

/// a < b with runs of digits compared as numbers (img2 < img10); equal keys (img01, img1) are
/// ordered bytewise, so the order is total.
bool natural_less(std::string_view a, std::string_view b);

class FileList {
 public:
  /// All regular files (or links to them) that match one of the `patterns` (*, ?, [] within one
  /// folder level), each once, relative to `base_dir` unless absolute. stat()s every file.
  /// \throws Error(input_missing) if a pattern matches nothing: names the nearest folder that
  /// exists.
  static FileList find(const std::filesystem::path& base_dir,
                       const std::vector<std::string>& patterns, FileOrder order);

  int64_t size() const { return static_cast<int64_t>(ends_.size()); }
  /// As in the pattern: relative to base_dir, or absolute.
  std::string name(int64_t index) const;
  std::filesystem::path path(int64_t index) const { return base_dir_ / name(index); }
  int64_t total_bytes() const { return total_bytes_; }
  /// Hash of all names, sizes and modification times.
  uint64_t fingerprint() const { return fingerprint_; }

 private:
  std::filesystem::path base_dir_;
  std::string names_;  // all names, one after the other
  std::vector<uint64_t> ends_;
  int64_t total_bytes_ = 0;
  uint64_t fingerprint_ = 0;
};

}  // namespace parfocal
