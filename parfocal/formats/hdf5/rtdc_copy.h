#pragma once
/// What a new .rtdc file takes over from the one it was made from, as dcnum does it
/// (create_with_basins, copy_metadata).

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

/// "parfocal 0.1.0"
std::string software_name();

/// Copies root attributes, logs and tables that `to` does not have. Logs and tables are compressed,
/// texts of variable length become fixed ones, empty ones are left out, and "software" is amended.
/// \throws Error
void copy_metadata(const H5File& from, const H5File& to);
/// Memory that copy_metadata(), copy_file_basins() and refer_to() take at most with the file
/// `from`; 0 if there is none. \throws Error(input_missing) if something of it cannot be copied
int64_t copying_bytes(const std::filesystem::path& from);
/// Copies the entries of file basins, with their mappings; internal ones are not.
void copy_file_basins(const H5File& from, const H5File& to);

/// Absolute path of `file`, and the one relative to `folder`: what a basin says so that it is found
/// after both files moved together.
std::vector<std::string> basin_paths(const std::filesystem::path& file,
                                     const std::filesystem::path& folder);
/// `paths` as they are, and first, where they are relative, as absolute ones below `folder`.
std::vector<std::string> absolute_paths(const std::vector<std::string>& paths,
                                        const std::filesystem::path& folder);
/// Names of the features in "events" and "basin_events", sorted, without mappings.
std::vector<std::string> feature_names(const H5File& file);
/// Makes `to` a file that refers to `from` for everything: metadata, file basins, and a basin of
/// its features. `folder` is where `to` will stand.
void refer_to(const H5File& from, const H5File& to, const std::filesystem::path& folder);
/// Copies a whole object (a dataset with its attributes) as it is. \throws Error(run_failed)
void copy_object(const H5File& from, const std::string& name, const H5File& to,
                 const std::string& new_name);

}  // namespace parfocal
