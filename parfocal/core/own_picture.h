#pragma once
/// Which pictures (PNG) are those that parfocal wrote.

#include <filesystem>

namespace parfocal {

/// Of a picture while it is written.
inline constexpr const char* kPicturePart = ".part";

/// Whether a file is a PNG whose text chunk "parfocal" comes before its pixels, as write_png() puts
/// it. Opens nothing but regular files, and reads their first chunks.
bool is_own_picture(const std::filesystem::path& file);

/// Whether a file below a folder of pictures belongs to them: one of ours, or what a writer has
/// left of one when it was killed.
bool is_of_own_pictures(const std::filesystem::path& file);

}  // namespace parfocal
