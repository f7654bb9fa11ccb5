#pragma once
/// What kind of file it is, by its first bytes.

#include <filesystem>
#include <string>

namespace parfocal {

/// The first four bytes; 0 where there are fewer. \pre a regular file: of a pipe it would wait
std::string file_head(const std::filesystem::path& path);
/// TIFF or BigTIFF, of either byte order.
bool has_head_of_tiff(const std::filesystem::path& path);
bool has_head_of_hdf5(const std::filesystem::path& path);
bool has_head_of_png(const std::filesystem::path& path);

}  // namespace parfocal
