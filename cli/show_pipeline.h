#pragma once
/// From a pipeline to one that makes pictures of some of its steps for one item.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal::cli {

/// Axes and their steps, as a user names them: {{"t", "3"}, {"c", "red"}}.
using ItemWords = std::vector<std::pair<std::string, std::string>>;
/// Of texts such as "t=3,c=red". \throws Error(bad_command)
ItemWords item_words(const std::vector<std::string>& texts);

struct ShownPipeline {
  Pipeline pipeline;               ///< picture k goes to a folder called k
  std::vector<std::string> steps;  ///< by picture: "mask", "mask.level"
  std::string item;                ///< "-t3-c1": which one, for names of files
};

/// Keeps the steps that lead to `steps` (none: the last step that makes an image), and of the
/// source just the item, along every axis that none of these steps runs over: what a step makes of
/// several items is made of all of them. Opens the source. `folder`: for what planning names.
/// \throws Error(bad_command) for steps that are not there or make no image, and for items that are
/// not there; Error as make_plan
ShownPipeline shown_pipeline(const Pipeline& whole, const std::vector<std::string>& steps,
                             const ItemWords& item, const std::filesystem::path& folder);

}  // namespace parfocal::cli
