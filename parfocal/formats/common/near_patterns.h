#pragma once
/// Patterns that one without files may have meant.

#include <filesystem>
#include <string>
#include <vector>

namespace parfocal {

/// Likely ones first: / for \, folders and files by their names without regard to case or by a near
/// name, brackets as letters, other endings of images. Whether they match is not looked at.
std::vector<std::string> near_patterns(const std::filesystem::path& base,
                                       const std::string& pattern);

}  // namespace parfocal
