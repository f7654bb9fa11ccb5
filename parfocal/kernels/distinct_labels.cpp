#include "parfocal/kernels/distinct_labels.h"

#include <algorithm>

namespace parfocal::kernels {

DistinctLabels::DistinctLabels(void* scratch, int64_t most) noexcept
    : seen_(static_cast<uint64_t*>(scratch)), most_(most) {
  std::fill_n(seen_, distinct_labels_scratch_bytes(most) / sizeof(uint64_t), uint64_t{0});
}

// Neighbours mostly have the same label, which is looked up once.
template <class T>
void DistinctLabels::add(Plane<const T> labels) noexcept {
  for (int64_t y = 0; y < labels.height; ++y) {
    const T* row = labels.row(y);
    T last = 0;
    for (int64_t x = 0; x < labels.width; ++x) {
      if (row[x] == last) continue;
      last = row[x];
      largest_ = std::max<int64_t>(largest_, last);
      if (last == 0 || static_cast<int64_t>(last) > most_) continue;
      uint64_t& word = seen_[last / 64];
      const uint64_t bit = uint64_t{1} << (last % 64);
      count_ += (word & bit) == 0;
      word |= bit;
    }
  }
}

template void DistinctLabels::add(Plane<const uint16_t>) noexcept;
template void DistinctLabels::add(Plane<const uint32_t>) noexcept;

}  // namespace parfocal::kernels
