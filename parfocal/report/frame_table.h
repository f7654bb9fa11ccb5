#pragma once
/// What frames.csv tells: which frames came, which are missing and why, numbers over frames.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/report/column_samples.h"
#include "parfocal/report/svg_plot.h"

namespace parfocal::report {

inline constexpr size_t kMostLines = 8;     ///< of a plot: the first groups
inline constexpr size_t kMostPoints = 600;  ///< of a line; less where there are many lines

/// Frames that are missing for one reason, and the first of them.
struct MissingFrames {
  std::string reason;
  int64_t frames = 0;
  std::string place, file, page, text;  ///< place: "t=3, c=0"
};
/// A number of each frame.
struct FrameColumn {
  SampledColumn values;
  std::vector<PlotLine> lines;  ///< one for each group, in the order of the file
};
/// The frame farthest from the median of a column, in units of the median distance from it.
struct FlaggedFrame {
  int64_t row = -1;  ///< -1: none stands out
  std::string column, place;
  double value = 0, median = 0, distance = 0;
};
struct FrameTable {
  bool found = false;
  std::string problem;  ///< "" = the file is whole
  int64_t rows = 0, missing = 0;
  std::vector<MissingFrames> reasons;
  std::vector<FrameColumn> columns;
  std::vector<std::string> coordinates;  ///< names of the columns that place a frame
  std::vector<std::string> groups;       ///< datasets, else colours; one without a name: no groups
  std::string x_label;
  FlaggedFrame flagged;
  size_t left_out = 0;  ///< columns of numbers that are not among them
  bool by_dataset = false, too_many_groups = false;
};

/// Reads the file twice: for counts and medians, then for the points of lines. Takes less than
/// 12 MiB, whatever its length.
FrameTable read_frame_table(const std::filesystem::path& file);

}  // namespace parfocal::report
