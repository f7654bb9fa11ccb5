#pragma once
/// Which pages of TIFF files are read, and by which name others are refused.

#include <optional>

#include "parfocal/formats/tiff/tiff_fields.h"

namespace parfocal {

/// The numbers of the tag PhotometricInterpretation that are read.
enum TiffPhotometric : uint64_t {
  kTiffMinIsWhite = 0,
  kTiffMinIsBlack = 1,
  kTiffRgb = 2,
  kTiffPalette = 3,
  kTiffYCbCr = 6
};
/// Of the tag PlanarConfiguration.
enum TiffPlanar : uint64_t { kTiffChunky = 1, kTiffPlanes = 2 };
constexpr uint64_t kTiffJpeg = 7;  ///< of the tag Compression

/// The failure of a page that is of another kind.
Status tiff_unsupported(const std::string& what, const std::string& cure);

/// Of one stored sample; nullopt if it is none of ours.
std::optional<DType> tiff_dtype(const TiffFields& fields);

bool is_read_tiff_compression(uint64_t number);

/// Fails with the name of what is not read. \pre bits and format are those of all samples
Status check_tiff_support(const TiffFields& fields);

}  // namespace parfocal
