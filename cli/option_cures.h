#pragma once
/// Cures that speak of keys of a pipeline file, as lines of a command that has none.

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "parfocal/core/error.h"

namespace parfocal::cli {

/// What a cure says to write: "write axes: zyx, sizes: {z: 5} in the source" are two values.
using KeyValues = std::vector<std::pair<std::string, std::string>>;
/// Empty unless all that it says to write are keys that are `known`.
KeyValues written_values(const std::string& cure,
                         const std::function<bool(const std::string&)>& known);

/// Cures of `convert` with --set; `source` and `sink` are the types that it makes its pipeline of.
Error with_sets(const Error& error, const ConvertArguments& arguments, const std::string& source,
                const std::string& sink);
/// Cures of `background` with its options.
Error with_options(const Error& error, const BackgroundArguments& arguments);

}  // namespace parfocal::cli
