#pragma once
/// Many files summed up: for an input's identity, which tells it from another one of its name.

#include <cstdint>
#include <filesystem>
#include <string>

namespace parfocal {

struct FileTotals {
  int64_t files = 0, bytes = 0, changed_ns = 0;  ///< the last change, since 1970
  uint64_t fingerprint = 0;                      ///< of names, sizes and times, in any order

  /// `name`: fingerprint_of() its path.
  void add(uint64_t name, int64_t size, int64_t time_ns);
  /// The files of an array of a store in `root`: what lies in its folder, at most `levels` names
  /// deep. One look, which keeps nothing of each; a file that goes away meanwhile does not count.
  void add_array(const std::filesystem::path& root, const std::string& array, size_t levels);
  /// "3 files, 640 bytes, fingerprint 0123456789abcdef, changed 1700000000000000000".
  std::string str() const;
};

}  // namespace parfocal
