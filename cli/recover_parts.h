#pragma once
/// What `parfocal recover` does for each kind of output.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace parfocal::cli {

/// What became of one output.
struct Recovered {
  std::filesystem::path path;           ///< what can be opened now
  std::string kind;                     ///< "store", "rtdc", "ome_tiff", "table"
  bool found = false;                   ///< false: its writer closed it, nothing was done
  std::vector<std::string> lines = {};  ///< what was found, for people
  nlohmann::ordered_json details = nlohmann::ordered_json::object();
};

/// Recovers one output. \throws Error(input_missing) if there is nothing of this name that could be
/// recovered, Error(run_failed) if that fails
Recovered recover_output(const std::filesystem::path& path);
/// Whether recover_output() would find something to do there: its writer ended before its time.
bool wants_recovery(const std::filesystem::path& path);
/// The outputs in a folder, and those below it, that may be recovered: stores, part files, TIFFs,
/// tables. Does not look into stores.
std::vector<std::filesystem::path> outputs_below(const std::filesystem::path& folder);

}  // namespace parfocal::cli
