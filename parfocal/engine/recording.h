#pragma once
/// A recorded live stream as the source of later passes: the frames that were recorded, each at the
/// place it had in the stream, and nothing at the places of those that were lost.

#include <memory>
#include <utility>
#include <vector>

#include "parfocal/core/forwarding_source.h"

namespace parfocal::engine {

class Recording final : public ForwardingSource {
 public:
  /// `lost`: ranges [first, last] of the stream, ascending; the recording has all other frames.
  Recording(std::unique_ptr<Source> recorded, std::vector<std::pair<int64_t, int64_t>> lost)
      : ForwardingSource(*recorded),
        recorded_(std::move(recorded)),
        layout_(recorded_->layout()),
        lost_(std::move(lost)) {
    for (const auto& [first, last] : lost_) layout_.stream[0].size += last - first + 1;
  }
  const Layout& layout() const override { return layout_; }

  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override {
    const int64_t at = recorded_as(sequence);
    return at < 0 ? no_such_frame() : inner().read(at, dst, header);
  }
  bool read_group(int64_t first, std::span<std::byte> dst,
                  std::span<FrameHeader> headers) const override {
    return lost_.empty() && inner().read_group(first, dst, headers);
  }
  Status read_port(size_t port, int64_t sequence, const MutableView& dst) const override {
    const int64_t at = recorded_as(sequence);
    return at < 0 ? no_such_frame() : inner().read_port(port, at, dst);
  }
  FrameSet missing() const override {
    const FrameSet recorded = inner().missing();
    FrameSet missing;
    for (const auto& [first, last] : lost_) missing.add(first, last - first + 1);
    if (!recorded.empty())
      for (int64_t s = 0; s < layout_.stream_count(); ++s)
        if (const int64_t at = recorded_as(s); at >= 0 && recorded.has(at)) missing.add(s);
    return missing;
  }
  SourceRow row(int64_t sequence) const override {
    const int64_t at = recorded_as(sequence);
    return at < 0 ? SourceRow{} : inner().row(at);
  }

 private:
  static Status no_such_frame() { return Status::fail("the live source lost this frame"); }
  // -1: it was lost.
  int64_t recorded_as(int64_t sequence) const {
    int64_t before = 0;
    for (const auto& [first, last] : lost_) {
      if (sequence < first) break;
      if (sequence <= last) return -1;
      before += last - first + 1;
    }
    return sequence - before;
  }

  std::unique_ptr<Source> recorded_;
  Layout layout_;
  std::vector<std::pair<int64_t, int64_t>> lost_;
};

}  // namespace parfocal::engine
