#pragma once
/// What is given where a pipeline file belongs.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/graph/yaml.h"

namespace parfocal::cli {

/// \throws Error(bad_command) for an image, a folder or a result, with the line that takes it: said
/// before it is read as YAML. The record of a run and, unless it is taken, a plan are no pipelines
/// either.
void require_pipeline_file(const std::filesystem::path& file, bool takes_plan = false);

/// The description in a file, which a command reads once: a pipe has it no second time. From one
/// thread. \throws Error as read_description()
const Description& description_in(const std::filesystem::path& file);
/// The Pipeline of that, with the texts of `--set`. \throws Error as read_pipeline_file()
Pipeline pipeline_in(const std::filesystem::path& file, const std::vector<std::string>& sets = {});

}  // namespace parfocal::cli
