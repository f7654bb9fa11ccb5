#pragma once
/// Datasets: one description, run on several inputs with values that differ.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "parfocal/graph/yaml.h"

namespace parfocal {

/// More than that belong into several runs: each is a folder of its own.
inline constexpr size_t kMostDatasets = 1000;

/// A value that a dataset changes in the description.
struct Setting {
  std::string key;    ///< as `--set` names it: "mask.factor", "source.glob"
  std::string value;  ///< as given
  Location place;
};
struct Dataset {
  std::string name;  ///< also of its folder
  std::vector<Setting> settings;
};
struct DatasetList {
  std::vector<Dataset> datasets;
  std::vector<std::string> keys;  ///< of all settings, in the order of the table
  std::filesystem::path folder;   ///< input paths in settings are relative to it
  std::string text;               ///< of the table, for provenance; "" where there is none
};

/// What `datasets:` of a description says: the name of a table, or a pattern of files.
struct DatasetsSpec {
  std::string table, glob;  ///< one of them is not empty
  Location place;
};
/// Nothing where the description has no `datasets:`. \throws Error(invalid_pipeline) for what is
/// neither a name nor {glob: ...}
std::optional<DatasetsSpec> datasets_in(const Description& description);

/// Reads a table of datasets: UTF-8; comma, semicolon or tab; fields quoted as RFC 4180 says; a
/// first line of names: `dataset`, and what `--set` takes as key (`glob`, `files` and `path` are
/// those of the source). An empty field changes nothing. \throws Error(input_missing) if it cannot
/// be read, Error(invalid_pipeline) with all that is wrong of its form, each with file:line:column
DatasetList read_dataset_table(const std::filesystem::path& file, const Description& description);

/// Whether a folder may have this name; if not, what is wrong with it.
Status dataset_name_status(const std::string& name);

/// Gives values that the command line sets in place of those of the datasets.
void override_settings(DatasetList& list, const std::vector<std::string>& sets);

/// The Pipeline of one dataset: that of `--set` for each of its settings, then for `sets`. \throws
/// Error(invalid_pipeline) as describe(); what comes of a setting has its place in the table
Pipeline describe(const Description& description, const DatasetList& list, const Dataset& dataset,
                  const std::vector<std::string>& sets);
/// The text of `--set` for a setting.
std::string set_text(const Setting& setting);

}  // namespace parfocal
