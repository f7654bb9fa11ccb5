#pragma once
/// The JSON of OME-Zarr 0.5 on Zarr v3 (ngff.openmicroscopy.org/0.5, zarr-specs core 3.0).

#include <string>
#include <vector>

#include "parfocal/core/layout.h"
#include "parfocal/formats/common/gap_ranges.h"
#include "parfocal/formats/zarr/contrast.h"
#include "parfocal/formats/zarr/writer/ngff_axes.h"

namespace parfocal {

/// <array>/zarr.json: plain chunks, little-endian, fill value 0. bool pixels are stored as uint8
/// 0/1, which every viewer shows.
std::string array_json(const std::vector<Axis>& axes, const std::vector<int64_t>& shape,
                       const std::vector<int64_t>& chunk, DType dtype);

/// How the writing went, as `parfocal` attributes.
struct StoreRecord {
  bool complete = false;
  std::string reason;
  int64_t items = 0;  ///< expected, gaps included
  const GapRanges* gaps = nullptr;
  std::string provenance_json;
};
/// <image>/zarr.json with one level "0". `windows`: one per channel.
std::string image_json(const std::string& name, const std::vector<Axis>& axes, DType dtype,
                       const std::vector<ContrastWindow>& windows, const StoreRecord& record);
/// <image>/labels/<name>/zarr.json
std::string label_json(const std::string& name, const std::vector<Axis>& axes, DType dtype,
                       const StoreRecord& record);
/// <image>/labels/zarr.json
std::string labels_json(const std::vector<std::string>& names);

}  // namespace parfocal
