#pragma once
/// The sink `ome_zarr` where compression, shards, levels, Zarr v2 or receipts are asked for: frames
/// go through StoreWriter.

#include <memory>
#include <span>
#include <string>

#include "parfocal/core/io.h"

namespace parfocal {

/// Inputs that are label images have keys "labels.<name>".
inline constexpr std::string_view kLabelsKey = "labels.";

struct OmeZarrParams {
  std::string path;
  std::string codec;   ///< none lz4 zstd_blosc zstd gzip crc32c; "" = not said
  std::string shard;   ///< auto none; "" = not said
  std::string format;  ///< 0.5 0.4; "" = not said
  std::string ack;     ///< queued kernel durable; "" = not said
  int64_t levels = 1;
  /// Whether anything is said that plain chunks cannot give.
  bool streams() const {
    return levels > 1 || !codec.empty() || !shard.empty() || !format.empty() || !ack.empty();
  }
};

/// \throws Error(invalid_pipeline) for layouts that OME-Zarr has no place for
std::unique_ptr<Sink> make_stream_sink(const OmeZarrParams& params,
                                       std::span<const SinkInput> inputs,
                                       const SinkContext& context);

}  // namespace parfocal
