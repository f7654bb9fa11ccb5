#pragma once
/// A dataset's filter pipeline, and its undoing without the HDF5 library: zstd, deflate, shuffle,
/// fletcher32 in the orders that occur. Everything else is left to the library.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/formats/common/byte_buffer.h"

namespace parfocal {

struct Filter {
  int id = 0;
  std::string name;              ///< as the file states it; "" = none
  std::vector<unsigned> values;  ///< client values: the level
};

/// Buffers of one thread that decodes. They grow to what the dataset needs and stay.
struct ChunkScratch {
  ByteBuffer encoded;   ///< as read from the file
  ByteBuffer stage[2];  ///< between two filters, in turn
  ByteBuffer chunk;     ///< a decoded chunk that is part of its frames only
};

/// In the order of writing. Decoding is thread-safe.
class FilterPipeline {
 public:
  FilterPipeline() = default;
  explicit FilterPipeline(std::vector<Filter> filters) : filters_(std::move(filters)) {}
  const std::vector<Filter>& filters() const { return filters_; }
  /// "zstd 5, fletcher32"; "none".
  std::string text() const;
  /// Whether decode() can undo it: known filters, at most one of them a compressor.
  bool decodable() const;
  /// Stages that decode() needs: all but the filter undone last, and checksums, give to one.
  int stages() const;
  /// Most bytes that an honest writer makes of a chunk of `bytes`.
  int64_t most_encoded(int64_t bytes) const;
  /// Undoes the filters on `encoded` into exactly `dst`. Bit i of `skipped`: filter i was not
  /// applied to this chunk. Uses the stages of `scratch`. Fails on damaged bytes.
  /// \pre decodable()
  Status decode(std::span<const std::byte> encoded, uint32_t skipped, std::span<std::byte> dst,
                ChunkScratch& scratch) const;

 private:
  size_t given_to(size_t filter, uint32_t skipped, size_t chunk_bytes, size_t now) const;
  std::vector<Filter> filters_;
};

}  // namespace parfocal
