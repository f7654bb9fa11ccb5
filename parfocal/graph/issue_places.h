#pragma once
/// Where an issue of a description is.

#include <string>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal {

/// "file:line:column", or whose it is where that is not known.
std::string where_of(const Location& place, const std::string& owner);

/// Sorts issues by file, and by the line and column at the end of `where`; issues without a place
/// come first.
void sort_by_place(std::vector<Issue>& issues);

}  // namespace parfocal
