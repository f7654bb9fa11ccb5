#pragma once
/// `- {include: preprocess.yaml}` among the steps: the steps of another file stand in its place.
/// Front-end internal.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/core/raw_value.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// Files in files, that of the pipeline not counted.
inline constexpr int kMaxIncludeDepth = 8;

/// Puts the steps of each included file in the place of its entry in `steps`, all with their places
/// in that file, and adds the text of each file once to `included`. A file holds a list of steps,
/// or a map with `steps:` alone; its name is relative to the file that includes it, for which
/// `file` stands, whose folder is `base_dir`. What cannot be included goes to `issues` and is left
/// out: circles, too, more than kMaxIncludeDepth files in each other, more than kMaxPipelineBytes
/// of text in all. \throws Error(invalid_pipeline) as read_yaml() does, with places in the file
void expand_includes(RawValue& document, const std::filesystem::path& base_dir,
                     const std::string& file, std::vector<IncludedText>& included,
                     std::vector<Issue>& issues);

}  // namespace parfocal
