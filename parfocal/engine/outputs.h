#pragma once
/// Where a run's files go: directly into the output folder, or beside it to be swapped in at
/// success.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/planner/plan.h"

namespace parfocal::engine {

class OutputFolder {
 public:
  /// Checks what exists; creates nothing. \throws Error(output_exists) if a path of this plan
  /// exists and may not be replaced: without `overwrite`, or if it was not written by a run
  /// recorded there.
  /// `resume`: what is there is gone on with.
  OutputFolder(const Plan& plan, bool overwrite, bool resume);
  /// Where sinks write: the folder itself, or a staging folder inside it. Created now.
  void create();
  const std::filesystem::path& writing() const { return writing_; }
  const std::filesystem::path& final() const { return final_; }
  /// Swaps what was staged into place. Only after success; earlier outputs stay untouched
  /// otherwise.
  void publish();
  /// The path a user sees for a path below writing().
  std::filesystem::path shown(const std::filesystem::path& path) const;

 private:
  std::filesystem::path final_, writing_;
  std::vector<std::string> names_;  ///< top-level names of this plan's outputs
  bool staged_ = false, published_ = false;
};

}  // namespace parfocal::engine
