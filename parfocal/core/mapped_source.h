#pragma once
/// The base of every source that gives some of the items of another one: which item is which is all
/// that they say, the rest follows from it.

#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "parfocal/core/forwarding_source.h"
#include "parfocal/core/reads_files.h"

namespace parfocal {

/// Thread-safe as the other source is.
class MappedSource : public ForwardingSource, public ReadsFiles {
 public:
  const Layout& layout() const final { return layout_; }
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const final {
    return inner().read(place_of(sequence), dst, header);
  }
  Layout open_port(size_t port) final { return layout_of_part(source_->open_port(port)); }
  Status read_port(size_t port, int64_t sequence, const MutableView& dst) const final {
    return inner().read_port(port, place_of(sequence), dst);
  }
  SourceRow row(int64_t sequence) const final { return inner().row(place_of(sequence)); }
  std::string identity() const final { return inner().identity() + told_; }
  std::vector<std::filesystem::path> files() const final {
    const auto* reads = dynamic_cast<const ReadsFiles*>(source_.get());
    return reads ? reads->files() : std::vector<std::filesystem::path>();
  }

 protected:
  explicit MappedSource(std::unique_ptr<Source> source)
      : ForwardingSource(*source), source_(std::move(source)) {}
  /// To be called when layout_of_part() can tell; `told`: what identity() says of the part.
  void settle(std::string told) {
    layout_ = layout_of_part(inner().layout());
    told_ = std::move(told);
  }
  /// The layout of a port of the other source, less what is left out.
  virtual Layout layout_of_part(Layout layout) const = 0;
  /// Which item of the other source it is.
  virtual int64_t place_of(int64_t sequence) const = 0;

 private:
  std::unique_ptr<Source> source_;
  Layout layout_;
  std::string told_;
};

}  // namespace parfocal
