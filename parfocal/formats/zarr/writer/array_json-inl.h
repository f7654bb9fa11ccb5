#pragma once
/// The metadata of one array.

#include "parfocal/formats/zarr/writer/ngff_json-inl.h"

namespace parfocal {

/// zarr.json, or .zattrs (where there are attributes) and .zarray. A 1-D array of another kind is
/// described by an ArraySpec too.
std::vector<MetadataObject> array_metadata(
    int zarr_format, const ArraySpec& array, const std::vector<int64_t>& shape,
    const nlohmann::ordered_json& attributes = nlohmann::ordered_json::object());
/// zarr.json, or .zattrs and .zgroup.
std::vector<MetadataObject> group_metadata(int zarr_format, const std::string& path,
                                           const nlohmann::ordered_json& attributes);

}  // namespace parfocal
