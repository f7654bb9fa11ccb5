#pragma once
/// The report of a run: one page, offline, of what lies in its folder.

#include <filesystem>
#include <string>

#include "parfocal/core/error.h"

namespace parfocal::report {

/// Most bytes that a report takes, besides those of the process without data: columns
/// (column_samples.h), rows of an image and its codec (thumbnails.h), the page, twice.
inline constexpr int64_t kReportBytes = int64_t{48} << 20;

/// The page of a folder that a run wrote, or one of several datasets. What is damaged becomes a
/// sentence on it. Not for two threads and one folder that is being written.
/// \throws Error(input_missing) if the folder has neither run.json nor datasets.csv
std::string report_page(const std::filesystem::path& folder);

/// Writes the page of `folder` to `file`, in place of an older report, but of nothing else.
/// \throws Error(input_missing | output_exists | run_failed)
void write_report(const std::filesystem::path& folder, const std::filesystem::path& file);

}  // namespace parfocal::report
