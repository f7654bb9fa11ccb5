#pragma once
/// Where an item lies in the walk of an ordered node: which key's state it belongs to, its index
/// along the axes the node runs over, and whether it opens or closes an epoch (all states start
/// afresh).

#include <algorithm>
#include <string>
#include <vector>

#include "parfocal/core/layout.h"

namespace parfocal::engine {

class EpochWalk {
 public:
  EpochWalk(const Layout& layout, const std::vector<std::string>& over) {
    for (const Axis& axis : layout.stream) {
      const bool folded = std::find(over.begin(), over.end(), axis.name) != over.end();
      if (axes_.empty() && !folded) continue;
      axes_.push_back({axis.size, folded});
      items_ = axis.size == kUnbounded || items_ == kUnbounded ? kUnbounded : items_ * axis.size;
      if (!folded) keys_ *= axis.size;
    }
  }
  struct Spot {
    int64_t key = 0, index = 0;
    bool opens = false, closes = false;
  };
  Spot locate(int64_t sequence) const {
    int64_t position = items_ == kUnbounded ? sequence : sequence % items_;
    Spot spot;
    spot.opens = position == 0;
    spot.closes = items_ != kUnbounded && position == items_ - 1;
    int64_t key_stride = 1, index_stride = 1;
    for (size_t a = axes_.size(); a-- > 0;) {
      const bool outermost = a == 0;
      const int64_t coordinate = outermost ? position : position % axes_[a].size;
      if (!outermost) position /= axes_[a].size;
      if (axes_[a].folded) {
        spot.index += coordinate * index_stride;
        index_stride *= std::max<int64_t>(1, axes_[a].size);
      } else {
        spot.key += coordinate * key_stride;
        key_stride *= axes_[a].size;
      }
    }
    return spot;
  }
  int64_t keys() const { return keys_; }
  bool endless() const { return items_ == kUnbounded; }

 private:
  struct Walked {
    int64_t size;
    bool folded;
  };
  std::vector<Walked> axes_;
  int64_t items_ = 1, keys_ = 1;
};

}  // namespace parfocal::engine
