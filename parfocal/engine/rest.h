#pragma once
/// The source of a run that goes on with what an earlier one left: items that are there already are
/// not read.

#include <string>

#include "parfocal/core/io.h"
#include "parfocal/engine/run_ends.h"

namespace parfocal::engine {

class Rest final : public Source {
 public:
  /// Both are referred to; the ends are open.
  Rest(const Source& source, const RunEnds& ends) : source_(source), ends_(ends) {}
  const Layout& layout() const override { return source_.layout(); }
  int64_t read_bytes() const override { return source_.read_bytes(); }
  Region block() const override { return source_.block(); }
  int64_t items_per_read() const override { return source_.items_per_read(); }
  SourceRow row(int64_t sequence) const override { return source_.row(sequence); }
  std::string identity() const override { return source_.identity(); }

  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override {
    return ends_.have(sequence) ? Status() : source_.read(sequence, dst, header);
  }
  bool read_group(int64_t first, std::span<std::byte> dst,
                  std::span<FrameHeader> headers) const override {
    for (size_t i = 0; i < headers.size(); ++i)
      if (ends_.have(first + static_cast<int64_t>(i))) return false;
    return source_.read_group(first, dst, headers);
  }
  Status read_port(size_t port, int64_t sequence, const MutableView& dst) const override {
    return ends_.have(sequence) ? Status() : source_.read_port(port, sequence, dst);
  }

 private:
  const Source& source_;
  const RunEnds& ends_;
};

}  // namespace parfocal::engine
