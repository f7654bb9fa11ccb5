#pragma once
/// Files that a wrong name may have meant.

#include <filesystem>

namespace parfocal::cli {

/// The file beside `missing` whose name is nearest to its name, where one is near; else empty.
std::filesystem::path near_file(const std::filesystem::path& missing);
/// The first recording (.rtdc) in a folder by name; empty where there is none.
std::filesystem::path first_recording(const std::filesystem::path& folder);

}  // namespace parfocal::cli
