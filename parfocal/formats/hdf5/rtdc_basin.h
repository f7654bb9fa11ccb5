#pragma once
/// Basins: where an .rtdc file says that features lie which are not in its own `events`.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

/// One entry of the group `basins`, as the file states it.
struct RtdcBasin {
  std::string key;   ///< name of the dataset: the md5 of the text
  std::string name;  ///< need not be unique
  std::string description;
  std::string type;    ///< "internal", "file", "remote"
  std::string format;  ///< "h5dataset", "hdf5"
  std::vector<std::string> paths;
  std::optional<std::vector<std::string>> features;  ///< nullopt: all that the file has
  std::string mapping;                               ///< "basinmap0".."basinmap9", "" = same events
  std::string identifier;  ///< that the basin has to have, "" = not stated

  /// Why it cannot be used, in a few words; "" = it can. Set by RtdcFile.
  std::string problem;
  std::filesystem::path found;  ///< the file of a file basin
};

/// All basins of a file in the order in which features are looked for: internal ones first, then by
/// type and name, then by key. A damaged entry has a problem.
std::vector<RtdcBasin> read_basins(const H5File& file);
/// Parses the JSON of one basin; never throws.
RtdcBasin parse_basin(const std::string& key, const std::string& text);
/// The first of the basin's paths that exists: absolute, or relative to the folder of the file that
/// refers to it. "" if none does.
std::filesystem::path find_basin_file(const RtdcBasin& basin, const std::filesystem::path& folder);

}  // namespace parfocal
