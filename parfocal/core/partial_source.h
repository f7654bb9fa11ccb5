#pragma once
/// The keys that every source has beside its own, `channel` and `limit`, and a source of which they
/// leave a part.

#include <memory>
#include <string>
#include <vector>

#include "parfocal/core/mapped_source.h"

namespace parfocal {

struct PartParams {
  std::string channel;  ///< name or number of a step of axis c; "" = all
  int64_t limit = 0;    ///< steps of the outermost stream axis; 0 = all
  bool are_all() const { return channel.empty() && limit == 0; }
};
/// The fields of PartParams.
const ParamSet& part_params();
/// What the parameters of a source, as they are written, say of its part. \throws
/// Error(invalid_pipeline)
PartParams part_of(const RawValue& params);
/// The part of `source` that its parameters say, or itself. \throws Error(invalid_pipeline)
std::unique_ptr<Source> part_of_source(std::unique_ptr<Source> source, const RawValue& params);

/// \throws Error(invalid_pipeline) if the parameters of a live source say a part: it gives what
/// comes
void require_whole(const RawValue& params);

/// One channel, whose axis is then gone, and the first steps of the outermost axis that is left;
/// all else is as the source says it of the items that are left. Thread-safe as the source is.
class PartialSource final : public MappedSource {
 public:
  /// \throws Error(invalid_pipeline) if there is no such channel: names those there are
  PartialSource(std::unique_ptr<Source> source, const PartParams& part);

  int64_t items_per_read() const override { return group_; }
  bool read_group(int64_t first, std::span<std::byte> dst,
                  std::span<FrameHeader> headers) const override;
  FrameSet missing() const override;

 private:
  void choose_channel(const std::string& word);
  Layout layout_of_part(Layout layout) const override;
  int64_t place_of(int64_t sequence) const override;

  int axis_ = -1;  // c among the stream axes; -1: all channels
  int64_t channel_ = 0, channels_ = 1;
  int64_t inner_ = 1;  // items of each step of c
  int64_t limit_;
  int64_t group_ = 1;
};

}  // namespace parfocal
