#pragma once
/// What `info` finds out about one path, as names and values in the order of printing.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "parfocal/core/layout.h"

namespace parfocal::cli {

using Facts = std::vector<std::pair<std::string, nlohmann::ordered_json>>;

/// "t=30 s, y=0.65 um, x"
std::string axes_text(const std::vector<Axis>& axes);
/// Image files: one name or a glob. \throws Error(input_missing)
Facts files_facts(const std::string& pattern);
/// A table in CSV: its rows and columns. \throws Error(input_missing)
Facts table_facts(const std::string& path);
/// Whether the folder is a group or an array of Zarr v2 or v3.
bool is_zarr(const std::string& path);
/// An OME-Zarr image, plate or Zarr array. \throws Error(input_missing) if its metadata cannot be
/// read
Facts zarr_facts(const std::string& path);
/// An .rtdc file (HDF5): attributes, features with their storage, basins and whether they were
/// found, logs, tables, identifiers. \throws Error(input_missing)
Facts rtdc_facts(const std::string& path);
/// Adds what the rules of OME-NGFF say of a Zarr folder, as lines or as a list; false if one that
/// is a MUST is broken. \throws Error(input_missing)
bool add_validation(const std::string& path, bool as_json, Facts& facts);
/// Whether a run has left its record in this folder.
bool is_run_folder(const std::string& path);
/// What a run left, or is about to: how it ended, what it saved, how to recover what was killed.
Facts run_facts(const std::string& path);
/// Whether the run that wrote into this folder was killed.
bool was_killed(const std::filesystem::path& folder);
/// The lines that make whole what a killed run left in a folder.
std::vector<std::string> recover_lines(const std::filesystem::path& folder);
/// The line to try after what `info` told of one path; `validated`: it was told by the rules, too.
std::vector<std::string> line_after_info(const std::string& path, bool validated);
/// A pipeline file: its source, steps and sinks. \throws Error(invalid_pipeline | input_missing)
Facts pipeline_facts(const std::string& path);

}  // namespace parfocal::cli
