#pragma once
/// The source of a run that goes on with what an earlier one left: items that are there already are
/// not read.

#include "parfocal/core/forwarding_source.h"
#include "parfocal/engine/run_ends.h"

namespace parfocal::engine {

class Rest final : public ForwardingSource {
 public:
  /// Both are referred to; the ends are open.
  Rest(Source& source, const RunEnds& ends) : ForwardingSource(source), ends_(ends) {}

  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override {
    return ends_.have(sequence) ? Status() : inner().read(sequence, dst, header);
  }
  bool read_group(int64_t first, std::span<std::byte> dst,
                  std::span<FrameHeader> headers) const override {
    for (size_t i = 0; i < headers.size(); ++i)
      if (ends_.have(first + static_cast<int64_t>(i))) return false;
    return inner().read_group(first, dst, headers);
  }
  Status read_port(size_t port, int64_t sequence, const MutableView& dst) const override {
    return ends_.have(sequence) ? Status() : inner().read_port(port, sequence, dst);
  }

 private:
  const RunEnds& ends_;
};

}  // namespace parfocal::engine
