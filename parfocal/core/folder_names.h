#pragma once
/// Names of what is in a folder, to name what a wrong path may have meant, and below one.

#include <filesystem>
#include <string>
#include <vector>

namespace parfocal {

/// The names in `folder` ("": the one at hand), sorted; of a large folder some of them, of one that
/// cannot be read none.
std::vector<std::string> names_in(const std::filesystem::path& folder);

/// Whether `name`, as a record or a description has it, is that of something below a folder: no way
/// out by "..", nor the folder itself.
bool stays_below(const std::string& name);

}  // namespace parfocal
