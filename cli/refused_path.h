#pragma once
/// What the standard library throws of names that the system refuses to look at.

#include <filesystem>

#include "parfocal/core/error.h"

namespace parfocal::cli {

/// Tells it as every other failure is told. A name that may not be looked at is an input that
/// cannot be read; all else that is thrown so is a failure of the run.
Error refused_path(const std::filesystem::filesystem_error& problem);

}  // namespace parfocal::cli
