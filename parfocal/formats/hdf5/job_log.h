#pragma once
/// The log that tells how a file was made, as lines that dclab's checker takes.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace parfocal {

/// Lines of ASCII, at most 100 bytes each, that are one JSON text again when they are joined. A
/// string that no line holds becomes the list of its parts, of its lines where it has several.
std::vector<std::string> job_lines(nlohmann::ordered_json job);

}  // namespace parfocal
