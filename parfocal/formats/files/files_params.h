#pragma once
/// Parameters of source `files`, whatever kind of files they name.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/formats/common/axis_params.h"
#include "parfocal/formats/common/file_list.h"
#include "parfocal/formats/tiff/tiff_description.h"

namespace parfocal {

struct FilesParams {
  std::vector<std::string> glob;     ///< patterns, or
  std::vector<std::string> files;    ///< names, in their order
  std::vector<std::string> exclude;  ///< patterns of those that `glob` matches
  std::string axes = "tyx";
  AxisScales scale;
  AxisSizes sizes;  ///< of stream axes but the first, where files and pages do not tell them
  std::string order = "natural";
  int64_t image = kAllImages;  ///< of an OME-TIFF of several
  bool takes_axes_of_files() const { return axes == "auto"; }
  /// The patterns, or the names.
  const std::vector<std::string>& named() const { return files.empty() ? glob : files; }
  /// "movie/*.tif", "a.tif and 29 more"
  std::string text() const;
  /// Relative to `base_dir`. \throws Error(input_missing) if there are none, or one of `files` is
  /// not there
  FileList find(const std::filesystem::path& base_dir) const;
};

}  // namespace parfocal
