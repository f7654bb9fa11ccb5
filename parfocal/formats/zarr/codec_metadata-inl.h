#pragma once
/// Codecs from the JSON of both Zarr versions.

#include "parfocal/core/dtype.h"
#include "parfocal/formats/zarr/codec_spec.h"
#include "parfocal/formats/zarr/json_reader-inl.h"

namespace parfocal {

/// The list `codecs` of Zarr v3. \throws Error(input_missing) naming a codec that is not supported
/// or a setting that is impossible
std::vector<CodecSpec> parse_codecs(const nlohmann::json& codecs, DType dtype);
/// What order, filters, compressor and byte order of Zarr v2 amount to in codecs of v3.
std::vector<CodecSpec> parse_v2_codecs(const nlohmann::json& array, size_t axes, bool big_endian,
                                       DType dtype);
/// One pixel in memory order. `json` may be null (0), a number, true/false, and for floats also
/// "NaN", "Infinity", "-Infinity" or the bits in hexadecimal. \throws Error(input_missing)
std::vector<std::byte> parse_fill_value(const nlohmann::json& json, DType dtype);

}  // namespace parfocal
