#include "parfocal/graph/find_meant.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <sstream>

#include "parfocal/graph/vocabulary.h"

namespace parfocal {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream stream(text);
  return {std::istream_iterator<std::string>(stream), {}};
}

FoundParts found(const std::string& text) { return find_meant(words_of(text)); }

std::string first_of(const std::string& text) {
  const FoundParts meant = found(text);
  return meant.parts.empty() ? "nothing" : meant.parts[0].name;
}

struct Synonym {
  const char *words, *name;
};
// What scikit-image, SciPy, OpenCV, MATLAB, ImageJ, CellProfiler, dask and dcnum call it, as their
// users write it.
constexpr Synonym kSynonyms[] = {
    {"skimage.filters.gaussian", "gaussian"},
    {"gaussian_filter", "gaussian"},
    {"cv2.GaussianBlur", "gaussian"},
    {"Gaussian Blur...", "gaussian"},
    {"imgaussfilt", "gaussian"},
    {"smooth", "gaussian"},
    {"blur image", "gaussian"},
    {"median filter", "median"},
    {"scipy.ndimage.median_filter", "median"},
    {"medianBlur", "median"},
    {"cv2.medianBlur(img, 5)", "median"},
    {"MedianFilter", "median"},
    {"medfilt2", "median"},
    {"despeckle", "median"},
    {"denoise", "median"},
    {"otsu", "threshold"},
    {"threshold_otsu", "threshold"},
    {"skimage.filters.threshold_li", "threshold"},
    {"yen", "threshold"},
    {"triangle threshold", "threshold"},
    {"Make Binary", "threshold"},
    {"Convert to Mask", "threshold"},
    {"Auto Threshold", "threshold"},
    {"imbinarize", "threshold"},
    {"IdentifyPrimaryObjects", "threshold"},
    {"watershed", "label"},
    {"cellpose", "label"},
    {"connected components", "label"},
    {"connectedComponents", "label"},
    {"skimage.measure.label", "label"},
    {"bwlabel", "label"},
    {"Analyze Particles...", "label"},
    {"regionprops", "measure"},
    {"regionprops_table", "measure"},
    {"MeasureObjectSizeShape", "measure"},
    {"MeasureObjectIntensity", "measure"},
    {"Set Measurements...", "measure"},
    {"connectedComponentsWithStats", "measure"},
    {"how many objects", "count"},
    {"count cells", "count"},
    {"remove_small_objects", "remove_small"},
    {"bwareaopen", "remove_small"},
    {"FilterObjects", "remove_small"},
    {"clear border", "clear_border"},
    {"exclude on edges", "clear_border"},
    {"binary_fill_holes", "fill_holes"},
    {"Fill Holes", "fill_holes"},
    {"imfill", "fill_holes"},
    {"remove_small_holes", "fill_holes"},
    {"binary_erosion", "erode"},
    {"ErodeImage", "erode"},
    {"minimum filter", "erode"},
    {"dilation", "dilate"},
    {"imdilate", "dilate"},
    {"maximum_filter", "dilate"},
    {"binary_opening", "open"},
    {"morphological closing", "close"},
    {"Z Project...", "project"},
    {"max projection", "project"},
    {"MIP", "project"},
    {"average", "reduce"},
    {"dask.array.std", "reduce"},
    {"astype", "cast"},
    {"rescale_intensity", "rescale"},
    {"Enhance Contrast", "rescale"},
    {"normalize", "rescale"},
    {"isel", "select"},
    {"extract channel", "select"},
    {"ROI", "crop"},
    {"Images to Stack", "collect"},
    {"logical_not", "invert"},
    {"Image Calculator", "add"},
    {"imsubtract", "subtract"},
    {"flat field", "divide"},
    {"sparsemed", "background_sparse_median"},
    {"rollmed", "background_rolling_median"},
    {"rolling ball", "background_rolling_median"},
    {"deformability", "flow_features"},
    {"imread", "files"},
    {"dask.array.to_zarr", "ome_zarr"},
    {"read_csv table", "table"},
    {"ExportToSpreadsheet", "table"},
};

TEST(FindMeant, FindsWhatOtherProgramsCallOtherwise) {
  EXPECT_GE(std::size(kSynonyms), 60u);
  for (const Synonym& synonym : kSynonyms)
    EXPECT_EQ(first_of(synonym.words), synonym.name) << synonym.words;
}

TEST(FindMeant, PutsAnOwnNameFirst) {
  for (const std::string& name : offered_names(operators())) EXPECT_EQ(first_of(name), name);
  EXPECT_EQ(first_of("Background Rolling Median"), "background_rolling_median");
}

TEST(FindMeant, TellsTheCureOfANameOfAnotherProgram) {
  EXPECT_EQ(found("regionprops").cure, "write op: measure");
  EXPECT_THAT(found("watershed").cure, HasSubstr("no step parts cells that touch"));
  EXPECT_EQ(found("threshold_li").cure, "write op: threshold, method: li");
  EXPECT_EQ(found("std").cure, "write op: reduce, how: std");
  EXPECT_EQ(found("median").cure, "");
  EXPECT_TRUE(found("tracking").parts.empty());
  EXPECT_THAT(found("tracking").cure, HasSubstr("no step links objects"));
}

TEST(FindMeant, FindsByWhatAStepDoes) {
  EXPECT_EQ(first_of("touch the edge"), "clear_border");
  EXPECT_EQ(first_of("smallest pixel"), "erode");
  EXPECT_EQ(first_of("pixel type"), "cast");
}

TEST(FindMeant, ListsNoMoreThanFits) {
  EXPECT_EQ(found("median filter").parts[0].role, "operator");
  EXPECT_LE(found("image").parts.size(), 8u);
  for (const FoundPart& part : found("add").parts) EXPECT_NE(part.name.substr(0, 5), "test_");
}

TEST(FindMeant, FindsNothingInNonsenseAndTellsWhatIsNear) {
  for (const char* text : {"", "nothing_like_this", "xyzzy", "...", "__", "(", "quux frobnicate"}) {
    EXPECT_TRUE(found(text).parts.empty()) << text;
    EXPECT_EQ(found(text).cure, "") << text;
  }
  EXPECT_THAT(near_parts({"gausian"}), Contains("gaussian"));
  EXPECT_THAT(near_parts({"medain", "filter"}), Contains("median_filter"));
  EXPECT_TRUE(near_parts({"xyzzy"}).empty());
}

}  // namespace
}  // namespace parfocal
