#pragma once
/// What is in a folder, to name what a wrong path may have meant.

#include <filesystem>
#include <string>
#include <vector>

namespace parfocal {

/// The names in `folder` ("": the one at hand), sorted; of a large folder some of them, of one that
/// cannot be read none.
std::vector<std::string> names_in(const std::filesystem::path& folder);

}  // namespace parfocal
