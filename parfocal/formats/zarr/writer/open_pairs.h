#pragma once
/// The planes of one level that wait for their neighbour in z: a fixed number of places.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {

/// Keys are numbers >= 0, one per pair. Each pair is entered twice, by any threads.
class OpenPairs {
 public:
  /// What the first of the two left. A gap leaves no bytes.
  struct Half {
    bool present = false;
    FrameIndex frame{};  ///< its index at level 0
  };
  struct Place {
    enum class Is : uint8_t { first, second, full } is = Is::full;
    size_t number = 0;
    int64_t key = -1;
    Half half;  ///< second only: what the first one was
    std::byte* bytes = nullptr;
  };

  /// Takes most * bytes_each bytes of address space; pages that no pair used are not resident.
  OpenPairs(int64_t most, int64_t bytes_each);

  int64_t resident_bytes() const;

  /// The first comer of a pair takes a place for `half`; if it is present, it writes the place's
  /// bytes and calls filled(). The second one waits until they are written (for the time of one
  /// pooling), reads them and calls close().
  Place enter(int64_t key, const Half& half);
  void filled(const Place& place) { places_[place.number].filling.unlock(); }
  void close(const Place& place);
  /// Any open pair, as its second comer gets it; `full` if there is none. No pair may be half
  /// entered by another thread.
  Place any_open();

 private:
  struct Entry {
    Half half;
    std::mutex filling;
  };
  Place second(size_t number);
  std::mutex mutex_;
  std::vector<int64_t> keys_;  // -1 = free
  std::unique_ptr<Entry[]> places_;
  std::unique_ptr<std::byte[]> bytes_;
  int64_t bytes_each_;
};

}  // namespace parfocal
