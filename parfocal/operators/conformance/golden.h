#pragma once
/// The reference images of shared data and the numbers that scikit-image 0.19.3 gave for them.

#include <tiffio.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "parfocal/operators/conformance/recipe.h"
#include "test_places.h"

namespace parfocal::conformance {

inline const std::string kCells = std::string(PARFOCAL_SHARED_DIR) + "/data/cells/";
inline const std::string kGolden = kCells + "golden-skimage/";
inline bool has_goldens() { return std::filesystem::exists(kGolden); }

/// A grey TIFF of one page as a stream of one frame with a scale of 0.5 um.
template <class T>
Stream read_tiff(const std::string& path) {
  TIFFSetWarningHandler(nullptr);
  TIFF* file = TIFFOpen(path.c_str(), "r");
  if (!file) throw std::runtime_error("cannot read " + path);
  uint32_t width = 0, height = 0;
  TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(file, TIFFTAG_IMAGELENGTH, &height);
  std::vector<T> pixels(size_t{width} * height);
  if (TIFFScanlineSize(file) == static_cast<tmsize_t>(width * sizeof(T)))
    for (uint32_t y = 0; y < height; ++y)
      TIFFReadScanline(file, pixels.data() + size_t{y} * width, y);
  TIFFClose(file);
  return stream_of<T>(image_of(dtype_of<T>(), {{"t", 1}}, {{"y", height}, {"x", width}}), {pixels});
}

/// Frames of one size joined along t.
inline Stream joined_in_time(const std::vector<Stream>& frames) {
  Stream all{frames[0].port, {}};
  all.port.layout.stream[0].size = static_cast<int64_t>(frames.size());
  for (const Stream& frame : frames) {
    all.items.push_back(frame.items[0]);
    all.items.back().header.sequence = static_cast<int64_t>(all.items.size()) - 1;
  }
  return all;
}

struct GoldenImage {
  std::string name;  ///< in golden.json and in the names of golden files
  std::string path;  ///< below kCells
  double otsu;
  int64_t objects;  ///< after threshold by Otsu and open with disk(3)
};
inline std::vector<GoldenImage> golden_images() {
  const std::string movie =
      "neubias/image_data/mitocheck-movie/EMBO_2012_Group3--empty--empty--W0002--P001--";
  return {{"mitocheck_T00000", movie + "T00000--Z000--C.tif", 28, 13},
          {"mitocheck_T00015", movie + "T00015--Z000--C.tif", 27, 17},
          {"mitocheck_T00029", movie + "T00029--Z000--C.tif", 28, 19},
          {"blobs", "haase-notebooks/data/blobs.tif", 120, 59}};
}
/// A number of golden.json: {"erosion_disk3", "mean"} of image "blobs".
double golden_number(const std::string& image, const std::vector<std::string>& path);

/// Rows of a golden CSV by column name.
inline std::vector<std::map<std::string, double>> read_csv(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::vector<std::string> names;
  std::vector<std::map<std::string, double>> rows;
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string cell;
    const bool header = names.empty();
    if (!header) rows.emplace_back();
    for (size_t i = 0; std::getline(cells, cell, ','); ++i) {
      if (header)
        names.push_back(cell);
      else
        rows.back()[names[i]] = std::stod(cell);
    }
  }
  return rows;
}

}  // namespace parfocal::conformance
