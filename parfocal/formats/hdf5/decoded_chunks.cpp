#include "parfocal/formats/hdf5/decoded_chunks.h"

#include <algorithm>

namespace parfocal {

/// What one thread holds in all caches; at its end it gives the places back.
struct DecodedChunks::OwnPlaces {
  struct Entry {
    std::weak_ptr<Places> cache;
    Place* place;
  };
  std::vector<Entry> entries;

  ~OwnPlaces() {
    for (const Entry& entry : entries) {
      const std::shared_ptr<Places> cache = entry.cache.lock();
      if (!cache) continue;
      const std::lock_guard lock(cache->mutex);
      std::erase_if(cache->all, [&](const auto& place) { return place.get() == entry.place; });
    }
  }
};

DecodedChunks::DecodedChunks(int64_t chunk_bytes)
    : chunk_bytes_(chunk_bytes), places_(std::make_shared<Places>()) {}

DecodedChunks::Place& DecodedChunks::own_place() const {
  thread_local OwnPlaces own;
  for (const auto& entry : own.entries)
    if (!entry.cache.owner_before(places_) && !places_.owner_before(entry.cache))
      return *entry.place;
  std::erase_if(own.entries, [](const auto& entry) { return entry.cache.expired(); });
  const std::lock_guard lock(places_->mutex);
  places_->all.push_back(std::make_unique<Place>());
  own.entries.push_back({places_, places_->all.back().get()});
  return *own.entries.back().place;
}

}  // namespace parfocal
