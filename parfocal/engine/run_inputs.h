#pragma once
/// The files and folders that a pipeline reads, as its source names them.

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <vector>

#include "parfocal/planner/plan.h"

namespace parfocal::engine {

class RunInputs {
 public:
  /// Looks for what `path` of the source (and of sources in it) names and, `with_files`, for the
  /// files of `glob` and those that the open source keeps open, which can only be touched where
  /// something exists already. Opens nothing.
  RunInputs(const Pipeline& pipeline, bool with_files);
  /// The input that writing `output` would replace, remove or change: the same file, by whatever
  /// name or link, one in the folder `output`, or a folder that `output` lies in; "" = none.
  std::filesystem::path touched_by(const std::filesystem::path& output) const;

 private:
  struct Input {
    std::filesystem::path path;  ///< links followed
    dev_t device = 0;
    ino_t inode = 0;
  };
  void add(const RawValue& params, const std::filesystem::path& base, bool with_files);
  void add_matches(const RawValue& pattern, const std::filesystem::path& base);
  void add_open_files();
  void add_input(const std::filesystem::path& name);

  std::vector<Input> inputs_;
  std::map<std::filesystem::path, std::filesystem::path> folders_;  ///< links followed
};

}  // namespace parfocal::engine
