#pragma once
/// The base of every source that stands before another one and changes some of it: all that it does
/// not override is the other source's, so that nothing which a source can say is lost on the way.

#include <span>
#include <string>
#include <vector>

#include "parfocal/core/io.h"

namespace parfocal {

/// Passes on every virtual function of Source, those with a default included
/// (scripts/check_house.sh compares the two lists).
class ForwardingSource : public Source {
 public:
  const Layout& layout() const override { return inner_.layout(); }
  int64_t read_bytes() const override { return inner_.read_bytes(); }
  Region block() const override { return inner_.block(); }
  int64_t items_per_read() const override { return inner_.items_per_read(); }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override {
    return inner_.read(sequence, dst, header);
  }
  bool read_group(int64_t first, std::span<std::byte> dst,
                  std::span<FrameHeader> headers) const override {
    return inner_.read_group(first, dst, headers);
  }
  Layout open_port(size_t port) override { return inner_.open_port(port); }
  Status read_port(size_t port, int64_t sequence, const MutableView& dst) const override {
    return inner_.read_port(port, sequence, dst);
  }
  FrameSet missing() const override { return inner_.missing(); }
  SourceRow row(int64_t sequence) const override { return inner_.row(sequence); }
  std::string identity() const override { return inner_.identity(); }
  Status unchanged() const override { return inner_.unchanged(); }
  std::vector<std::string> notices() const override { return inner_.notices(); }

 protected:
  /// `inner` is referred to.
  explicit ForwardingSource(Source& inner) : inner_(inner) {}
  const Source& inner() const { return inner_; }

 private:
  Source& inner_;
};

}  // namespace parfocal
