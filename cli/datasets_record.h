#pragma once
/// What a run of several datasets leaves beside their folders: datasets.csv and run.json.

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "datasets.h"
#include "info_parts.h"
#include "parfocal/engine/record.h"

namespace parfocal::cli {

inline constexpr const char* kDatasetsTable = "datasets.csv";

enum class DatasetStatus : uint8_t { waiting, ok, some_failed, failed, stopped };

struct DatasetResult {
  DatasetStatus status = DatasetStatus::waiting;
  int exit_code = 0;
  int64_t images = -1, missing = -1;  ///< -1 = not known
  std::string reason;
  std::string pipeline;  ///< fingerprint of all that its results depend on but the input
  std::string input;     ///< identity
  std::string record;    ///< fingerprint of its run.json
};

/// What an earlier run of datasets recorded of each whose folder is its own; status waiting where
/// the record in the folder is not the one that this run left.
std::map<std::string, DatasetResult> recorded_datasets(const std::filesystem::path& out);
/// Fingerprint of the record of a run; "" = there is none.
std::string record_fingerprint(const std::filesystem::path& folder);

/// "some items failed"
std::string status_name(DatasetStatus status);
/// The table of all datasets, their settings and what became of them.
std::string datasets_table(const Datasets& datasets, const std::vector<DatasetResult>& results);
/// run.json: `running`: this process is at it; `names`: of all outputs in the folder itself, also
/// of earlier runs.
nlohmann::ordered_json datasets_json(const Datasets& datasets,
                                     const std::vector<DatasetResult>& results, int exit_code,
                                     bool running, const std::vector<std::string>& names);

/// Whether a folder holds a run of several datasets.
bool is_datasets_folder(const std::filesystem::path& folder);
/// The folders of its datasets, as recorded: only names that lie in it.
std::vector<std::filesystem::path> folders_of_datasets(const std::filesystem::path& folder);
/// What `info` says of it: a line for each dataset.
Facts datasets_facts(const std::string& path);

}  // namespace parfocal::cli
