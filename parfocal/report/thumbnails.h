#pragma once
/// Small pictures of images that a run saved.

#include <filesystem>
#include <string>
#include <vector>

namespace parfocal::report {

inline constexpr int64_t kThumbnailPixels = 256;  ///< at most, along either side
/// What reading may take: rows at once, and inside of a codec. Wider images get no picture.
inline constexpr int64_t kMostRowsBytes = int64_t{8} << 20, kMostCodecBytes = int64_t{16} << 20;

/// An image that can be read again.
struct SavedImage {
  std::string name;  ///< for people: "smooth.ome.zarr, labels cells"
  std::filesystem::path path;
  std::string labels;  ///< name of a label image in a store; "" = the image itself
  bool colours() const { return !labels.empty(); }
};
/// The images that lie at a path: an OME-Zarr with at most eight of its label images, a TIFF; none
/// of anything else.
std::vector<SavedImage> images_at(const std::filesystem::path& path, const std::string& name);

struct Thumbnail {
  std::string text;  ///< "first: t=0"
  std::string png;
};
struct Thumbnails {
  std::string problem;  ///< "" = all were made
  std::vector<Thumbnail> pictures;
};
/// Pictures of the first, the middle and the last frame, and of frame `flagged` (-1: none) where
/// the image has `frames` of them, as the table of frames. Pixels are means of squares, from black
/// at their percentile 0.1 to white at 99.9; labels are the middle pixels of squares, in colours;
/// so are images of integers of 32 and more bits. `flag`: why, for people. `only_middle`: that one
/// alone. Never throws. Takes kMostRowsBytes and kMostCodecBytes, and less than 2 MiB.
Thumbnails thumbnails_of(const SavedImage& image, int64_t frames, int64_t flagged,
                         const std::string& flag, bool only_middle);

}  // namespace parfocal::report
