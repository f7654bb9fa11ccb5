#pragma once
/// What is given where a pipeline file belongs.

#include <filesystem>

namespace parfocal::cli {

/// \throws Error(bad_command) for an image, a folder or a result, with the line that takes it: said
/// before it is read as YAML. The record of a run and, unless it is taken, a plan are no pipelines
/// either.
void require_pipeline_file(const std::filesystem::path& file, bool takes_plan = false);

}  // namespace parfocal::cli
