#pragma once
/// Axes that a pipeline states for the pages of TIFF files, beside what the files say of theirs.

#include <optional>
#include <string>
#include <vector>

#include "parfocal/formats/tiff/tiff_description.h"

namespace parfocal {

/// The pages to which axes are given. `file`: the name of the one described, where there are
/// several files.
struct StatedPages {
  int64_t all = 0;
  int64_t in_file = 0;
  std::string file;
  std::string axes = {};  ///< as the pipeline writes them
};

/// "OME-XML", "description (ImageJ) of a.tif"
std::string origin_text(const TiffDescription& description, const std::string& file);

/// For the user, where a file has another number of pages than its description says; "" also where
/// that is of a set of files.
std::string page_count_notice(const std::optional<TiffDescription>& description,
                              const StatedPages& pages);

/// For the user, where `stream`, outermost first, takes the pages of a file for something else than
/// its description says; "" where they agree, or where that says nothing of axes.
std::string stated_axes_notice(const std::vector<Axis>& stream,
                               const std::optional<TiffDescription>& description,
                               const StatedPages& pages);

/// Whether the description of a file says the same axes as `stream`.
bool agrees_with_description(const std::vector<Axis>& stream,
                             const std::optional<TiffDescription>& description,
                             const StatedPages& pages);

/// Scale, unit and, of as many steps, the labels of an axis that a description speaks of.
void take_measure(const Axis& said, Axis& axis);

/// What to write for sizes that lack (below 1 in `stream`) or do not fit, as the description says;
/// "" if it says nothing.
std::string described_sizes_cure(const std::vector<Axis>& stream,
                                 const std::optional<TiffDescription>& description,
                                 const StatedPages& pages);

/// The same where nothing is said: sizes that divide `images`; "" where the sizes that are there do
/// not.
std::string guessed_sizes_cure(const std::vector<Axis>& stream, int64_t images);

}  // namespace parfocal
