#pragma once
/// Pictures as PNG files.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "parfocal/core/error.h"
#include "parfocal/formats/picture/drawing/canvas.h"

namespace parfocal {

/// Most bytes that write_png() takes besides the canvas: deflate's state and rows of libpng.
int64_t png_bytes(int64_t width);
/// Most bytes of a file that write_png() makes, whatever the pixels, without `provenance`.
int64_t png_file_bytes(int64_t height, int64_t width);

/// A JSON document in ASCII, as text chunks of PNG take it; "{}" for what is no JSON.
std::string ascii_json(std::string_view json);

/// Writes a canvas of at least 1 x 1 pixels, 8-bit grey where all of it is grey, else RGB, beside
/// `path` (as <path>.part) and renames: a reader sees a whole picture or none. `provenance`, in
/// ASCII, becomes the text chunk "parfocal", which is_own_picture() looks for. The folder has to be
/// there. Thread-safe for different paths.
Status write_png(const std::filesystem::path& path, const Canvas& canvas, std::string provenance);
/// The bytes of such a picture, without a provenance, at most png_file_bytes(). Thread-safe.
Status png_of(const Canvas& canvas, std::string& png);

}  // namespace parfocal
