#pragma once
/// Pictures side by side in one.

#include <filesystem>
#include <span>
#include <string>

#include "parfocal/core/error.h"
#include "parfocal/formats/picture/drawing/canvas.h"

namespace parfocal {

/// Reads a picture that write_png() made; PNGs of others too, as 8-bit RGB. Its memory is that of
/// the picture: read nothing of unknown origin with it.
Status read_picture(const std::filesystem::path& path, Canvas& picture);

struct Panel {
  std::string title;  ///< in ASCII; other bytes are drawn as ?
  std::filesystem::path picture;
};
/// Writes the pictures from left to right, each below its title, as write_png() does; one alone
/// without a title. Holds all of them and the result in memory. \pre at least one panel
Status write_panels(const std::filesystem::path& path, std::span<const Panel> panels,
                    std::string provenance);

}  // namespace parfocal
