#pragma once
/// Names of the axes of an array of Zarr v2, which has no place of its own for them.

#include <string>
#include <string_view>
#include <vector>

namespace parfocal {

/// As xarray writes them into the attributes; empty where there is not one for each axis.
std::vector<std::string> parse_v2_names(std::string_view attributes, size_t rank);

}  // namespace parfocal
