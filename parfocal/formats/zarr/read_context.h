#pragma once
/// What the parts of a reader share: the array, where it lies, how its chunks are decoded, and how
/// much may be kept. Immutable while they read.

#include <memory>
#include <string>

#include "parfocal/core/region.h"
#include "parfocal/formats/zarr/array_metadata.h"
#include "parfocal/formats/zarr/shard_codec.h"
#include "parfocal/formats/zarr/store.h"

namespace parfocal {

/// What one concurrent read may keep; n reads at once keep at most n times as much together.
struct ReaderLimits {
  int64_t chunk_cache_bytes = int64_t{64} << 20;  ///< decoded chunks of which a part was asked for
  int64_t index_cache_bytes = int64_t{1} << 20;   ///< indexes of shards; one always fits
  int64_t range_bytes = int64_t{1} << 20;         ///< neighbouring chunks come in reads of this
  int64_t gap_bytes = int64_t{16} << 10;          ///< read over rather than left out
};

struct ReadContext {
  /// \throws Error(input_missing) if the codecs cannot stand
  ReadContext(std::shared_ptr<const Store> from, std::string array_path, ZarrArray described,
              ReaderLimits bounds);
  ReadContext(const ReadContext&) = delete;
  ReadContext& operator=(const ReadContext&) = delete;

  std::shared_ptr<const Store> store;
  std::string path;
  ZarrArray array;
  ReaderLimits limits;
  CodecChain chain;
  const ShardCodec* shard;  ///< null: not sharded, or shards that are read whole
  const CodecChain* inner;  ///< of the chunks that are decoded one by one
  Region whole;             ///< of the array
};

/// Uncompressed chunks of more bytes are never read whole.
inline constexpr int64_t kMostPlainBytes = int64_t{16} << 20;
/// The cure of what a writer left unfinished.
inline constexpr const char* kTorn =
    "the writer was stopped before it finished: run `parfocal recover`, or copy the store again";

}  // namespace parfocal
