#pragma once
/// 1-D datasets of text: logs, basins, old logs of variable length.

#include <string>
#include <vector>

#include "parfocal/formats/hdf5/file.h"

namespace parfocal {

/// The lines of a text dataset (fixed or variable length; a scalar is one line). Trailing NULs are
/// cut. \throws Error(input_missing) if it is no text, or larger than `most_bytes`
std::vector<std::string> read_strings(const H5File& file, const std::string& name,
                                      size_t most_bytes = size_t{64} << 20);
/// Writes `lines` as fixed-length byte strings of the longest line, chunked, zstd 5, fletcher32, as
/// dcnum writes logs and basins. \throws Error(run_failed), also if `name` exists
void write_strings(const H5File& file, const std::string& name,
                   const std::vector<std::string>& lines);
/// The same as variable-length UTF-8 text, which cannot be compressed or checksummed.
void write_variable_strings(const H5File& file, const std::string& name,
                            const std::vector<std::string>& lines);

}  // namespace parfocal
