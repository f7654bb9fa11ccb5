#pragma once
/// The tables of a store whose writer was killed.

#include <cstdint>
#include <filesystem>
#include <string>

#include "parfocal/core/error.h"

namespace parfocal {

/// Gives the columns of each table below `root`/tables one length: that of the shortest, without
/// rows whose `axis` is at or behind `outer`, of which the images have no frame.
Status recover_tables(const std::filesystem::path& root, int zarr_format, const std::string& axis,
                      int64_t outer);

}  // namespace parfocal
