#pragma once
/// Why there are no files of a name or a pattern. Internal to FileList.

#include <filesystem>
#include <string>
#include <vector>

namespace parfocal {

/// \throws Error(input_missing): `pattern` matches nothing; tells a pattern that is near and
/// matches, or the nearest folder that exists
[[noreturn]] void fail_no_match(const std::filesystem::path& base, const std::string& pattern);
/// \throws Error(input_missing): the files `missing` of a list are not there, or are folders
[[noreturn]] void fail_not_there(const std::filesystem::path& base,
                                 const std::vector<std::string>& missing);

}  // namespace parfocal
