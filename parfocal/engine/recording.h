#pragma once
/// A recorded live stream as the source of later passes: the frames that were recorded, each at the
/// place it had in the stream, and nothing at the places of those that were lost.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "parfocal/core/io.h"

namespace parfocal::engine {

class Recording : public Source {
 public:
  /// `lost`: ranges [first, last] of the stream, ascending; the recording has all other frames.
  Recording(std::unique_ptr<Source> recorded, std::vector<std::pair<int64_t, int64_t>> lost)
      : recorded_(std::move(recorded)), layout_(recorded_->layout()), lost_(std::move(lost)) {
    for (const auto& [first, last] : lost_) layout_.stream[0].size += last - first + 1;
  }
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override { return recorded_->read_bytes(); }
  Region block() const override { return recorded_->block(); }
  int64_t items_per_read() const override { return recorded_->items_per_read(); }
  std::string identity() const override { return recorded_->identity(); }

  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override {
    int64_t before = 0;
    for (const auto& [first, last] : lost_) {
      if (sequence < first) break;
      if (sequence <= last) return Status::fail("the live source lost this frame");
      before += last - first + 1;
    }
    return recorded_->read(sequence - before, dst, header);
  }
  bool read_group(int64_t first, std::span<std::byte> dst,
                  std::span<FrameHeader> headers) const override {
    return lost_.empty() && recorded_->read_group(first, dst, headers);
  }

 private:
  std::unique_ptr<Source> recorded_;
  Layout layout_;
  std::vector<std::pair<int64_t, int64_t>> lost_;
};

}  // namespace parfocal::engine
