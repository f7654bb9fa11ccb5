#pragma once
/// What a source of files says beside its frames.

#include <filesystem>
#include <vector>

namespace parfocal {

/// A source, random or live, that reads files which its parameters do not name one by one (a glob,
/// the set that one of its files speaks of). Sources of what a parameter `path` names need not.
class ReadsFiles {
 public:
  /// Every file that is read, whatever named it: none of them may be an output of the run.
  virtual std::vector<std::filesystem::path> files() const = 0;

 protected:
  ~ReadsFiles() = default;
};

}  // namespace parfocal
