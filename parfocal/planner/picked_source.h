#pragma once
/// A source of which one step of some stream axes is read.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "parfocal/core/mapped_source.h"

namespace parfocal {

/// The axes stay, of size 1, so that steps find those that they name; all else is as the source
/// says it of the items that are left. Thread-safe as the source is.
class PickedSource final : public MappedSource {
 public:
  /// `picked`: stream axes, and the step of each. \throws Error(invalid_pipeline) for one that is
  /// not there
  PickedSource(std::unique_ptr<Source> source,
               const std::vector<std::pair<std::string, int64_t>>& picked);

  int64_t items_per_read() const override { return 1; }
  bool read_group(int64_t, std::span<std::byte>, std::span<FrameHeader>) const override {
    return false;
  }
  FrameSet missing() const override;

 private:
  Layout layout_of_part(Layout layout) const override;
  int64_t place_of(int64_t sequence) const override;

  std::vector<int64_t> steps_;  // by stream axis; -1 = all of them
};

}  // namespace parfocal
