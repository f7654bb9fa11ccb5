// The whole chain otsu -> greater -> open(disk 3) -> label -> regions against scikit-image 0.19.3.
#include <gtest/gtest.h>
#include <tiffio.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "parfocal/kernels/bitmask.h"
#include "parfocal/kernels/compare.h"
#include "parfocal/kernels/histogram.h"
#include "parfocal/kernels/label.h"
#include "parfocal/kernels/regions.h"
#include "parfocal/kernels/simd_targets.h"
#include "parfocal/kernels/test_scratch.h"
#include "test_places.h"

namespace parfocal::kernels {
namespace {

const std::string kCells = std::string(PARFOCAL_SHARED_DIR) + "/data/cells/";

template <typename T>
struct Picture {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<T> pixels;

  Plane<const T> view() const { return {pixels.data(), width, height, width}; }
};

template <typename T>
Picture<T> read_picture(const std::string& path) {
  TIFFSetWarningHandler(nullptr);
  TIFF* file = TIFFOpen(path.c_str(), "r");
  if (file == nullptr) return {};
  uint32_t width = 0;
  uint32_t height = 0;
  uint16_t bits = 0;
  TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(file, TIFFTAG_IMAGELENGTH, &height);
  TIFFGetField(file, TIFFTAG_BITSPERSAMPLE, &bits);
  Picture<T> picture;
  if (bits == 8 * sizeof(T) && TIFFScanlineSize(file) == static_cast<tmsize_t>(width * sizeof(T))) {
    picture = {width, height, std::vector<T>(size_t{width} * height)};
    for (uint32_t y = 0; y < height; ++y) {
      TIFFReadScanline(file, picture.pixels.data() + size_t{y} * width, y);
    }
  }
  TIFFClose(file);
  return picture;
}

using Table = std::vector<std::map<std::string, double>>;

Table read_table(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::vector<std::string> names;
  Table table;
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    std::string cell;
    std::map<std::string, double> row;
    const bool header = names.empty();
    for (size_t i = 0; std::getline(cells, cell, ','); ++i) {
      if (header) {
        names.push_back(cell);
      } else {
        row[names[i]] = std::stod(cell);
      }
    }
    if (!header) table.push_back(row);
  }
  return table;
}

struct Golden {
  std::string name;
  std::string image;
  size_t otsu;
  uint32_t objects;
};

std::vector<Golden> goldens() {
  const std::string movie =
      "neubias/image_data/mitocheck-movie/EMBO_2012_Group3--empty--empty--W0002--P001--";
  return {{"mitocheck_T00000", movie + "T00000--Z000--C.tif", 28, 13},
          {"mitocheck_T00015", movie + "T00015--Z000--C.tif", 27, 17},
          {"mitocheck_T00029", movie + "T00029--Z000--C.tif", 28, 19},
          {"blobs", "haase-notebooks/data/blobs.tif", 120, 59}};
}

struct Chain {
  size_t otsu = 0;
  uint32_t objects = 0;
  std::vector<uint32_t> labels;
  std::vector<RegionSums> regions;
  std::vector<IntensitySums<uint8_t>> intensities;
};

Chain run_chain(const Picture<uint8_t>& picture) {
  const int64_t width = picture.width;
  const int64_t height = picture.height;
  Chain chain;
  TestScratch histogram_scratch(kHistogramU8ScratchBytes);
  std::vector<uint32_t> counts(256);
  histogram_u8(picture.view(), counts.data(), histogram_scratch.data());
  chain.otsu = otsu_level(counts.data(), counts.size());
  std::vector<uint8_t> mask(picture.pixels.size());
  std::vector<uint8_t> opened(picture.pixels.size());
  greater(picture.view(), static_cast<double>(chain.otsu), {mask.data(), width, height, width});
  Chord chords[7];
  const Footprint disk{chords, disk_chords(3, chords, 7)};
  TestScratch open_scratch(open_scratch_bytes(width, disk));
  open({mask.data(), width, height, width}, {0, 0, width, height},
       {opened.data(), width, height, width}, disk, open_scratch.data());
  TestScratch label_scratch(label_scratch_bytes(width, height, Connectivity::eight));
  chain.labels.resize(mask.size());
  chain.objects = label({opened.data(), width, height, width}, Connectivity::eight,
                        {chain.labels.data(), width, height, width}, label_scratch.data());
  chain.regions.resize(chain.objects + 1);
  chain.intensities.resize(chain.objects + 1);
  EXPECT_TRUE(measure_regions<uint8_t>(
      Plane<const uint32_t>{chain.labels.data(), width, height, width}, picture.view(), 0, 0,
      chain.objects, chain.regions.data(), chain.intensities.data()));
  return chain;
}

void expect_table(const Chain& chain, const Table& table) {
  ASSERT_EQ(table.size(), chain.objects);
  for (const auto& row : table) {
    const auto label = static_cast<size_t>(row.at("label"));
    const RegionSums& region = chain.regions[label];
    const IntensitySums<uint8_t>& intensity = chain.intensities[label];
    const auto area = static_cast<double>(region.area);
    EXPECT_EQ(area, row.at("area"));
    EXPECT_EQ(region.min_row, row.at("bbox-0"));
    EXPECT_EQ(region.min_column, row.at("bbox-1"));
    EXPECT_EQ(region.max_row, row.at("bbox-2"));
    EXPECT_EQ(region.max_column, row.at("bbox-3"));
    EXPECT_DOUBLE_EQ(static_cast<double>(region.sum_row) / area, row.at("centroid-0"));
    EXPECT_DOUBLE_EQ(static_cast<double>(region.sum_column) / area, row.at("centroid-1"));
    EXPECT_DOUBLE_EQ(static_cast<double>(intensity.sum) / area, row.at("intensity_mean"));
    EXPECT_EQ(intensity.min, row.at("intensity_min"));
    EXPECT_EQ(intensity.max, row.at("intensity_max"));
    const auto tensor = [&](uint64_t square, uint64_t sum_a, uint64_t sum_b) {
      return (static_cast<double>(square) -
              static_cast<double>(sum_a) * static_cast<double>(sum_b) / area) /
             area;
    };
    EXPECT_NEAR(tensor(region.sum_column_column, region.sum_column, region.sum_column),
                row.at("inertia_tensor-0-0"), 1e-9 * row.at("inertia_tensor-0-0") + 1e-9);
    EXPECT_NEAR(-tensor(region.sum_row_column, region.sum_row, region.sum_column),
                row.at("inertia_tensor-0-1"), 1e-8);
    EXPECT_NEAR(tensor(region.sum_row_row, region.sum_row, region.sum_row),
                row.at("inertia_tensor-1-1"), 1e-9 * row.at("inertia_tensor-1-1") + 1e-9);
  }
}

TEST(ObjectsGolden, ChainGivesScikitImagesNumbersOnEveryTarget) {
  if (!std::filesystem::exists(kCells)) GTEST_SKIP() << "no reference images at " << kCells;
  for (const Golden& golden : goldens()) {
    SCOPED_TRACE(golden.name);
    const auto picture = read_picture<uint8_t>(kCells + golden.image);
    const auto expected =
        read_picture<uint16_t>(kCells + "golden-skimage/labels_" + golden.name + ".tif");
    const auto table = read_table(kCells + "golden-skimage/regionprops_" + golden.name + ".csv");
    ASSERT_FALSE(picture.pixels.empty());
    for_each_simd_target([&](const std::string& target) {
      SCOPED_TRACE(target);
      const Chain chain = run_chain(picture);
      EXPECT_EQ(chain.otsu, golden.otsu);
      EXPECT_EQ(chain.objects, golden.objects);
      EXPECT_EQ(chain.labels,
                std::vector<uint32_t>(expected.pixels.begin(), expected.pixels.end()));
      expect_table(chain, table);
    });
  }
}

}  // namespace
}  // namespace parfocal::kernels
