#pragma once
/// Reading Zarr v3 and OME-Zarr 0.5 metadata. Files come from outside: every number is checked.

#include <string_view>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/layout.h"

namespace parfocal {

/// What is needed to read a plain Zarr v3 array.
struct ZarrArray {
  DType dtype = DType::u8;
  std::vector<int64_t> shape, chunk;  ///< same rank, 2..6; chunk sides >= 1
  std::string separator = "/";        ///< of chunk keys
  bool v2_keys = false;               ///< "0/0" instead of "c/0/0"
  bool big_endian = false;
  std::vector<std::byte> fill;  ///< one pixel, in memory order
  int64_t chunk_bytes() const;
};

inline constexpr size_t kMostMetadataBytes = 16u << 20;

/// Parses <array>/zarr.json. \throws Error(input_missing) that names what is wrong or, for codecs
/// and extensions, what is not supported; never crashes, whatever the text.
ZarrArray parse_zarr_array(std::string_view text);

/// Axes (name, scale, unit; size 0) and path of the finest level from an image group's zarr.json.
struct NgffImage {
  std::vector<Axis> axes;
  std::string path;
};
/// \throws Error(input_missing) as above.
NgffImage parse_ngff_image(std::string_view text);

}  // namespace parfocal
