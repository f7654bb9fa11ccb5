#pragma once
/// Codecs as the JSON of both Zarr versions: the inverse of codec_metadata-inl.h.

#include <nlohmann/json.hpp>

#include "parfocal/formats/zarr/codec_spec.h"

namespace parfocal {

/// {"name": ..., "configuration": ...} of Zarr v3, those of shards included.
nlohmann::ordered_json codec_json(const CodecSpec& codec);
nlohmann::ordered_json codecs_json(const std::vector<CodecSpec>& codecs);
/// {"id": ...} of Zarr v2 (numcodecs). \pre blosc, zstd, gzip or zlib
nlohmann::ordered_json v2_compressor_json(const CodecSpec& codec);

}  // namespace parfocal
