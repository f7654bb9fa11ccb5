#pragma once
/// The metadata of Zarr arrays, version 3 (zarr.json) and 2 (.zarray): zarr-specs core v3, v2.
/// Files come from outside: every number is checked, nothing is allocated by what they declare.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/dtype.h"
#include "parfocal/core/error.h"
#include "parfocal/formats/zarr/codec_spec.h"

namespace parfocal {

/// What is needed to read an array; one of version 2 in the terms of version 3.
struct ZarrArray {
  int format = 3;  ///< 2 or 3
  DType dtype = DType::u8;
  std::vector<int64_t> shape;      ///< 1 to 6 axes; a size may be 0
  std::vector<int64_t> chunk;      ///< as many sides >= 1; of a shard where the array is sharded
  std::string separator = "/";     ///< of chunk keys
  bool v2_keys = false;            ///< "0/0" instead of "c/0/0"
  bool separator_stated = true;    ///< false: only the chunks that are there tell it (version 2)
  std::vector<CodecSpec> codecs;   ///< a chain that stands: CodecChain takes it
  std::vector<std::byte> fill;     ///< one pixel, in memory order
  std::vector<std::string> names;  ///< dimension_names: empty, or one per axis, "" = none

  int64_t chunk_bytes() const;
  /// "c/0/3/1": where the chunk (or shard) with these indices lies below the array.
  std::string chunk_key(std::span<const int64_t> index) const;
  /// The shards' description, or null; chunks are then the smaller ones within.
  const ShardSpec* shard() const;
  /// Shape of the chunks that are decoded one by one: those within shards.
  const std::vector<int64_t>& inner_chunk() const;
};

/// Parses <array>/zarr.json. \throws Error(input_missing) that names what is wrong or, for codecs
/// and extensions, what is not supported; never crashes, whatever the text.
ZarrArray parse_zarr_array(std::string_view text);
/// Parses <array>/.zarray of Zarr v2. \throws as above.
ZarrArray parse_zarr_v2_array(std::string_view text);

}  // namespace parfocal
