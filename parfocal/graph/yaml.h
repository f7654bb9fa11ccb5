#pragma once
/// The YAML (and JSON) front-end: a pipeline file to a checked Pipeline.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// Reads and checks a pipeline file; base_dir is its folder, name its name without extension.
/// `sets`: texts of `--set`, applied in order before anything is checked: "step.key=value",
/// "source.key=value", "vars.name=value", "memory=1 GiB", "on_error=skip"; values are YAML.
/// Opens no input of the pipeline.
/// \throws Error(input_missing) if the file cannot be read; Error(invalid_pipeline) with every
/// problem at once, sorted by line, each with `where` = file:line:column (or the --set text), the
/// word given and a cure. Errors of YAML syntax and of size stop at once.
Pipeline read_pipeline_file(const std::filesystem::path& path,
                            const std::vector<std::string>& sets = {});

/// The same for a text. `file` names it in messages.
Pipeline parse_pipeline(const std::string& text, const std::filesystem::path& base_dir,
                        const std::string& name, const std::vector<std::string>& sets = {},
                        const std::string& file = "pipeline.yaml");

}  // namespace parfocal
