#pragma once
/// Sections of the page, as HTML. Pure functions, but for pictures, which read images. Internal to
/// report.

#include <string>
#include <vector>

#include "parfocal/report/frame_table.h"
#include "parfocal/report/run_folder.h"
#include "parfocal/report/thumbnails.h"
#include "parfocal/report/value_table.h"

namespace parfocal::report {

/// What ran: pipeline, input, how it ended, what each output got, the text of the pipeline.
std::string run_html(const RunFacts& run);
/// How many frames came, how many are missing, and why.
std::string frames_html(const FrameTable& frames);
/// A column of frames.csv over frames, and its datasets beside each other.
std::string frame_column_html(const FrameTable& frames, const FrameColumn& column);
/// A column of a table: its distribution. `unit`: "" = none.
std::string distribution_html(const ValueTable& table, const SampledColumn& column,
                              const std::string& unit);
std::string datasets_html(const DatasetRows& datasets);
std::string pictures_html(const SavedImage& image, const Thumbnails& thumbnails);
/// What was planned beside what was used.
std::string memory_html(const RunFacts& run);
/// The steps and what passes between them.
std::string pipeline_html(const Plan& plan);
/// The unit of a table's column: of the plan, else of the name ("area_um2"); "" = none.
std::string unit_of(const std::string& column, const RunFacts& run);

}  // namespace parfocal::report
