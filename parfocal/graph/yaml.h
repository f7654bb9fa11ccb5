#pragma once
/// The YAML (and JSON) front-end: a pipeline file to a checked Pipeline.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/core/raw_value.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// A pipeline file as it was read, with the steps of the files that it includes: Pipelines that
/// differ in single values are made of it, whatever becomes of the files meanwhile.
struct Description {
  RawValue document;
  std::vector<Issue> issues;  ///< of its form: each of its Pipelines has them
  std::string text;
  std::vector<IncludedText> included;
  std::filesystem::path base_dir;  ///< input paths are relative to it
  std::string name, file;
};
/// A text of `--set`, and the folder that input paths in it are relative to; "" = the working
/// folder.
struct Change {
  std::string text;
  std::filesystem::path folder = {};
};

/// Reads a pipeline file, and the files that it includes. \throws Error(input_missing) if the file
/// cannot be read; Error(invalid_pipeline) for what stops at once, as for read_pipeline_file()
Description read_description(const std::filesystem::path& path);
/// The Pipeline of a description with these changes, checked. \throws Error(invalid_pipeline) as
/// read_pipeline_file()
Pipeline describe(const Description& description, const std::vector<Change>& changes = {});

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
