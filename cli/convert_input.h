#pragma once
/// What `convert` reads: from words of the command line to a source.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/graph/pipeline.h"

namespace parfocal::cli {

/// .tif, .tiff or .btf, in letters of any case.
bool is_tiff_name(const std::filesystem::path& path);
/// .rtdc, .h5 or .hdf5
bool is_flow_name(const std::filesystem::path& path);

/// The source for one input or several TIFF files. \throws Error(input_missing | bad_command) for
/// what does not exist or is no input, with what would be one.
SourceSpec convert_source(const std::vector<std::string>& inputs);

/// Applies "source.key=value" and "sink.key=value"; values are YAML, keys of maps are parted by
/// dots. \throws Error(bad_command) for other words
void apply_convert_sets(const std::vector<std::string>& sets, RawValue& source, RawValue& sink);

}  // namespace parfocal::cli
