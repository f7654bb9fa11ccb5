#pragma once
/// What a folder holds, for patterns of files and for messages.

#include <filesystem>
#include <string>
#include <vector>

namespace parfocal {

/// Names of the folders in `folder`, in no order; no hidden ones, and no links, which may lead in a
/// circle.
std::vector<std::string> folders_in(const std::filesystem::path& folder);
/// A folder in full, and some names of what is in it; nothing hidden.
std::string seen_in(const std::filesystem::path& folder);

}  // namespace parfocal
