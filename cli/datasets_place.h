#pragma once
/// The folder in which a run of several datasets works: a folder for each, and tables of all.

#include <filesystem>
#include <string>
#include <vector>

#include "datasets.h"
#include "parfocal/engine/record.h"

namespace parfocal::cli {

class DatasetsPlace {
 public:
  explicit DatasetsPlace(std::filesystem::path out) : out_(std::move(out)), record_(out_) {}
  const std::filesystem::path& out() const { return out_; }
  std::filesystem::path folder_of(const Dataset& dataset) const { return out_ / dataset.name; }

  /// Takes what one more dataset will write.
  void add_outputs(const Pipeline& pipeline);
  /// The tables that all have.
  const std::vector<std::string>& tables() const { return tables_; }
  /// Finishes what a run was killed in. \throws Error(output_exists) for what may not be replaced,
  /// Error(invalid_pipeline) for a dataset that has the name of a table. Creates nothing.
  void require_free(const RunArguments& arguments, const Datasets& datasets);
  /// From now on no other run of datasets writes there. \throws Error(run_failed)
  void take();
  /// Outputs in the folder itself, also of earlier runs: those that are to be made, or, at the end,
  /// those that are there.
  std::vector<std::string> names(bool ended) const;
  /// Replaces run.json. False if it could not be written. \pre taken
  bool write_record(const std::string& text) { return record_.write(text); }

 private:
  void require_names(const Datasets& datasets) const;
  void require_nothing(const RunArguments& arguments, const Datasets& datasets) const;
  bool is_there(const Dataset& dataset) const;

  std::filesystem::path out_;
  engine::RecordFile record_;
  std::vector<std::string> tables_, outputs_, earlier_;
  bool first_ = true;
};

}  // namespace parfocal::cli
