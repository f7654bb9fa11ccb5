#pragma once
/// Whether the chunks of an array lie under the keys that its metadata states. A chunk that is not
/// there reads as the fill value (zarr-specs), so chunks under other keys would be lost in silence.

#include <string>
#include <vector>

#include "parfocal/formats/zarr/array_metadata.h"
#include "parfocal/formats/zarr/store.h"

namespace parfocal {

/// Looks at the names in the array's folder (at most 20,000) and down to one chunk of each way of
/// naming them. Where metadata of version 2 leaves the separator of keys open, the chunks that are
/// there decide. Returns what a user must know, one sentence each. \throws Error(input_missing)
/// where chunks lie under keys that the metadata does not state
std::vector<std::string> locate_chunks(const Store& store, const std::string& path,
                                       ZarrArray& array);

}  // namespace parfocal
