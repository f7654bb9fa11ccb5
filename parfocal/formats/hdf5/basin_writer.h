#pragma once
/// Basins: the entries by which an .rtdc file says where features lie that it does not hold itself,
/// written as dcnum writes them, down to the key (the MD5 of the text).

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

struct BasinEntry {
  std::string name;
  std::optional<std::string> description;
  bool internal = false;           ///< data lies in this file's "basin_events"
  std::vector<std::string> paths;  ///< of files, absolute or relative to this file's folder
  std::vector<std::string> features;
  std::optional<std::string> identifier;  ///< of the measurement in the file
  std::string mapping;                    ///< "basinmap0": event -> index there; "" = same order
};

/// The entry as indented JSON, keys in dcnum's order, letters beyond ASCII escaped.
std::string basin_text(const BasinEntry& entry);
/// nullopt if the text is no entry of a file or internal basin (remote ones are dclab's alone).
std::optional<BasinEntry> parse_basin(const std::string& text);

/// All entries of a file that parse_basin() understands, by key. \throws Error(input_missing)
std::vector<BasinEntry> read_basin_entries(const H5File& file);
/// Writes the entry under its key; nothing if it is there already. \throws Error(run_failed)
void store_basin(const H5File& file, const BasinEntry& entry);
/// Stores event -> index as the first "events/basinmapK", K = 0..9, that is free or holds the same
/// numbers, and returns its name. \throws Error(run_failed) if all ten are taken
std::string store_mapping(const H5File& file, const std::vector<int64_t>& mapping);
/// The same of `length` numbers that `read(first, to)` gives, some at a time.
using MappingRead = std::function<void(int64_t first, std::span<int64_t> to)>;
std::string store_mapping(const H5File& file, int64_t length, const MappingRead& read);
inline constexpr int64_t kMappingAtOnce = 16'384;  ///< numbers of one read
/// Removes `feature` from this file's own internal basins: its data, its place in their entries,
/// entries that have no other feature, and mappings that no entry needs any more. What an earlier
/// run left behind would else be found first, or not, by the order of MD5 keys.
void remove_internal_feature(const H5File& file, const std::string& feature);

}  // namespace parfocal
