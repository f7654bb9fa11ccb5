#pragma once
/// Keeps the chunk that each reading thread decoded last, so that frames of one chunk are decoded
/// once. A thread has one place for each cache it reads from: memory = chunk x threads that read.

#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "parfocal/formats/hdf5/filters.h"

namespace parfocal {

/// Thread-safe. A place is freed when its thread ends or the cache does, whichever is first.
class DecodedChunks {
 public:
  explicit DecodedChunks(int64_t chunk_bytes);

  /// The bytes of `chunk`: as this thread kept them, else as `decode(bytes, scratch) -> Status`
  /// makes them. Valid until the next call from this thread.
  template <class Decode>
  Status get(int64_t chunk, std::span<const std::byte>& bytes, Decode&& decode) const {
    Place& place = own_place();
    if (place.chunk != chunk) {
      place.chunk = -1;
      const std::span<std::byte> all = place.bytes.take(static_cast<size_t>(chunk_bytes_));
      if (Status s = decode(all, place.scratch); !s.ok()) return s;
      place.chunk = chunk;
    }
    bytes = place.bytes.first(static_cast<size_t>(chunk_bytes_));
    return {};
  }
  /// What this thread decodes with, where it decodes past the cache.
  ChunkScratch& scratch() const { return own_place().scratch; }

 private:
  struct Place {
    int64_t chunk = -1;
    ByteBuffer bytes;
    ChunkScratch scratch;
  };
  struct Places {
    std::mutex mutex;
    std::vector<std::unique_ptr<Place>> all;
  };
  struct OwnPlaces;
  Place& own_place() const;

  int64_t chunk_bytes_;
  std::shared_ptr<Places> places_;
};

}  // namespace parfocal
