#pragma once
/// Where a run's files go: directly into the output folder, or beside it to be swapped in at
/// success.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/engine/output_place.h"
#include "parfocal/engine/record.h"
#include "parfocal/planner/binding.h"
#include "parfocal/planner/plan.h"

namespace parfocal::engine {

class OutputFolder {
 public:
  /// Checks what exists, and locks the record of an earlier run that is to be replaced; creates
  /// nothing. A swap that a run was killed in is finished first. \throws Error(output_exists) if a
  /// path of this plan exists and may not be replaced: without `overwrite`, if it was not written
  /// by a run recorded there, if it holds somebody else's files, if it is an input of this run, or
  /// while another command makes it. Its cure names --overwrite only where that helps.
  /// `resume`: what is there is gone on with.
  OutputFolder(const Plan& plan, const OpenSource& source, bool overwrite, bool resume);
  /// Takes back what create() made, unless begin() was called or a sink has made something.
  ~OutputFolder();
  OutputFolder(const OutputFolder&) = delete;
  OutputFolder& operator=(const OutputFolder&) = delete;

  /// Makes the folder where sinks write: the output folder itself, or a staging folder inside it.
  /// From now on no other run writes there. \throws Error
  void create();
  /// All sinks are open: from now on everything stays.
  void begin() { begun_ = true; }
  const std::filesystem::path& writing() const { return writing_; }
  const std::filesystem::path& final() const { return final_; }
  /// What run.json lists: all outputs, also those that earlier runs made under other names.
  std::vector<std::string> recorded() const;
  /// Replaces run.json where sinks write. False if it could not be written.
  bool write_record(const std::string& text) { return record_.write(text); }
  /// Swaps what was staged into place. Only after success; earlier outputs stay untouched
  /// otherwise, and where this fails.
  Status publish();
  /// What publish() has replaced and could not remove; "" = nothing.
  std::filesystem::path left_behind() const;
  /// The path a user sees for a path below writing().
  std::filesystem::path shown(const std::filesystem::path& path) const;

 private:
  /// An output of the plan, and what had its name at the start.
  struct Output {
    std::string name;
    PlaceState before = {};
  };
  void name_outputs(const Plan& plan);
  void require_own_places() const;
  void require_readable_record() const;
  void require_apart(const Plan& plan,
                     const std::vector<std::filesystem::path>& source_files) const;
  void require_nobody_else(bool overwrite);
  void require_replaceable(bool overwrite) const;
  void require_place(const Output& output) const;
  void require_no_parts() const;
  bool may_be_replaced(const Output& output, std::string& why) const;
  Status require_unchanged() const;
  void clear_staging() const;
  std::vector<std::string> names() const;
  std::vector<std::string> replaced() const;
  void require_room_in_staging() const;

  std::filesystem::path final_, writing_;
  std::vector<Output> outputs_;         ///< run.json last
  std::vector<std::string> earlier_;    ///< recorded by an earlier run
  bool earlier_killed_ = false;         ///< which did not come to its end
  RecordFile earlier_record_, record_;  ///< in final_ and in writing_
  bool resumes_ = false, staged_ = false, published_ = false;
  bool created_folder_ = false, created_ = false, begun_ = false;
};

}  // namespace parfocal::engine
