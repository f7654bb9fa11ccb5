#pragma once
/// The files and folders that a pipeline reads, as its source names them.

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "parfocal/planner/plan.h"

namespace parfocal::engine {

class RunInputs {
 public:
  /// Looks for what `path` of the source (and of sources in it) names and, `with_files`, for the
  /// `files` that the source says it reads and those that it keeps open, which can only be touched
  /// where something exists already. Opens nothing.
  RunInputs(const Pipeline& pipeline, const std::vector<std::filesystem::path>& files,
            bool with_files);
  /// The input that writing `output` would replace, remove or change: the same file, by whatever
  /// name or link, one in the folder `output`, or a folder that `output` lies in; "" = none.
  std::filesystem::path touched_by(const std::filesystem::path& output) const;

 private:
  struct Input {
    std::filesystem::path path;  ///< links followed
    dev_t device = 0;
    ino_t inode = 0;
    bool is_folder = false;
  };
  using Places = std::set<std::pair<dev_t, ino_t>>;
  void add(const RawValue& params, const std::filesystem::path& base);
  bool lies_by_another_name_in(const Input& input, dev_t device, ino_t inode) const;
  void add_open_files();
  void add_input(const std::filesystem::path& name);

  std::vector<Input> inputs_;
  std::map<std::filesystem::path, std::filesystem::path> folders_;  ///< links followed
  mutable std::map<std::filesystem::path, Places> ways_;  ///< folders on the way to a folder
};

}  // namespace parfocal::engine
