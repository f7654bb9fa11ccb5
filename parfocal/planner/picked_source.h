#pragma once
/// A source of which one step of some stream axes is read.

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "parfocal/core/forwarding_source.h"
#include "parfocal/core/reads_files.h"

namespace parfocal {

/// The axes stay, of size 1, so that steps find those that they name; all else is as the source
/// says it of the items that are left. Thread-safe as the source is.
class PickedSource final : public ForwardingSource, public ReadsFiles {
 public:
  /// `picked`: stream axes, and the step of each. \throws Error(invalid_pipeline) for one that is
  /// not there
  PickedSource(std::unique_ptr<Source> source,
               const std::vector<std::pair<std::string, int64_t>>& picked);

  const Layout& layout() const override { return layout_; }
  int64_t items_per_read() const override { return 1; }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override {
    return inner().read(place_of(sequence), dst, header);
  }
  bool read_group(int64_t, std::span<std::byte>, std::span<FrameHeader>) const override {
    return false;
  }
  Layout open_port(size_t port) override;
  Status read_port(size_t port, int64_t sequence, const MutableView& dst) const override {
    return inner().read_port(port, place_of(sequence), dst);
  }
  FrameSet missing() const override;
  SourceRow row(int64_t sequence) const override { return inner().row(place_of(sequence)); }
  std::string identity() const override { return inner().identity() + told_; }
  std::vector<std::filesystem::path> files() const override;

 private:
  Layout picked_of(Layout layout) const;
  int64_t place_of(int64_t sequence) const;

  std::unique_ptr<Source> source_;
  std::vector<int64_t> steps_;  // by stream axis; -1 = all of them
  Layout layout_;
  std::string told_;
};

}  // namespace parfocal
