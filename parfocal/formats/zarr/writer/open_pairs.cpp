#include "parfocal/formats/zarr/writer/open_pairs.h"

#include <algorithm>

namespace parfocal {
namespace {

// Every place starts at a multiple of this: sums of 64-bit integers have 16 bytes, and two workers
// do not write to one cache line.
int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

OpenPairs::OpenPairs(int64_t most, int64_t bytes_each)
    : keys_(static_cast<size_t>(most), -1),
      places_(std::make_unique<Entry[]>(static_cast<size_t>(most))),
      bytes_(new std::byte[static_cast<size_t>(most * aligned(bytes_each))]),
      bytes_each_(aligned(bytes_each)) {}

int64_t OpenPairs::resident_bytes() const {
  const auto each = static_cast<int64_t>(sizeof(Entry) + sizeof(int64_t));
  return static_cast<int64_t>(keys_.size()) * (bytes_each_ + each);
}

OpenPairs::Place OpenPairs::enter(int64_t key, const Half& half) {
  size_t number;
  {
    const std::scoped_lock lock(mutex_);
    auto found = std::find(keys_.begin(), keys_.end(), key);
    const bool first = found == keys_.end();
    if (first) found = std::find(keys_.begin(), keys_.end(), -1);
    if (found == keys_.end()) return {};
    number = static_cast<size_t>(found - keys_.begin());
    if (first) {
      // Under the lock, so that the second comer finds it locked; nobody else holds a free place's.
      if (half.present) places_[number].filling.lock();
      places_[number].half = half;
      *found = key;
      return {Place::Is::first,
              number,
              key,
              {},
              bytes_.get() + number * static_cast<size_t>(bytes_each_)};
    }
  }
  return second(number);
}

OpenPairs::Place OpenPairs::second(size_t number) {
  Entry& entry = places_[number];
  const std::scoped_lock until_filled(entry.filling);
  return {Place::Is::second, number, keys_[number], entry.half,
          bytes_.get() + number * static_cast<size_t>(bytes_each_)};
}

void OpenPairs::close(const Place& place) {
  const std::scoped_lock lock(mutex_);
  keys_[place.number] = -1;
}

OpenPairs::Place OpenPairs::any_open() {
  for (size_t number = 0; number < keys_.size(); ++number)
    if (keys_[number] >= 0) return second(number);
  return {};
}

}  // namespace parfocal
