#pragma once
/// What OME-NGFF 0.5 and 0.4 say of one group, as JSON (ngff.openmicroscopy.org).

#include <nlohmann/json.hpp>
#include <vector>

#include "parfocal/formats/zarr/writer/store_metadata.h"

namespace parfocal::ngff_json {

using Json = nlohmann::ordered_json;

/// Indented text; bytes that are no UTF-8 (file names) are replaced, not refused.
std::string text_of(const Json& json);
/// "0.5" for Zarr v3, "0.4" for v2.
const char* version_of(int zarr_format);
/// Attributes of a group: `ome`'s members stand in `ome` beside their version (0.5), or alone
/// (0.4).
Json attributes(int zarr_format, Json ome);

/// The list `multiscales`, of one.
Json multiscales(const ImageSpec& image, int zarr_format);
/// Channels with their contrast; one for each window.
Json omero(const std::vector<Axis>& axes, const std::vector<ContrastWindow>& windows);
Json image_label(int zarr_format);

/// Wells and their fields, in the order of the images.
struct Well {
  std::string path;  ///< "A/1"
  std::vector<std::string> fields;
};
std::vector<Well> wells_of(const StoreSpec& spec);
Json plate(const PlateSpec& plate, const std::vector<Well>& wells, int zarr_format);
Json well(const Well& well, int zarr_format);

/// How far one image is: the attribute `parfocal`.
Json record(const ImageState& state, DType dtype);
/// The provenance as JSON; as text if it is none.
Json provenance(const std::string& json);

}  // namespace parfocal::ngff_json
