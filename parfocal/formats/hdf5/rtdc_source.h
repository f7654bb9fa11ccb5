#pragma once
/// Source `rtdc`: the images of an .rtdc file as a stream t | y x, whether they lie in the file or
/// in one of its basins. Chunks are decoded by the threads that read; each keeps its last one.

#include "parfocal/core/io.h"
#include "parfocal/formats/hdf5/decoded_chunks.h"
#include "parfocal/formats/hdf5/frame_selection.h"
#include "parfocal/formats/hdf5/time_axis.h"

namespace parfocal {

struct RtdcSourceParams {
  std::string path;
  std::string feature = "image";
  bool require_time = false;
  FrameSelection frames = {};
};

class RtdcSource final : public Source {
 public:
  /// \throws Error(input_missing): the file cannot be opened, has no images or no frames, its time
  /// axis is damaged; Error(invalid_pipeline) if require_time is set and the axis is approximated
  /// or unknown, or if frames are chosen that do not exist
  RtdcSource(const RtdcSourceParams& params, const std::filesystem::path& base_dir);
  const Layout& layout() const override { return layout_; }
  int64_t read_bytes() const override;
  Region block() const override;
  int64_t items_per_read() const override;
  Status read(int64_t sequence, const MutableView& dst, FrameHeader& header) const override;
  SourceRow row(int64_t sequence) const override;
  std::string identity() const override;
  std::vector<std::string> notices() const override { return notices_; }

  const RtdcFile& file() const { return *file_; }
  const TimeAxis& time_axis() const { return time_; }

 private:
  void open_images(const std::string& feature);
  void read_time(bool required);
  void choose(const FrameSelection& frames);
  void set_layout();
  /// Frame of the file that is read as `sequence`.
  int64_t frame_of(int64_t sequence) const {
    return chosen_.empty() ? sequence : chosen_[static_cast<size_t>(sequence)];
  }

  std::shared_ptr<const RtdcFile> file_;
  FeaturePlace place_;
  std::unique_ptr<const ChunkReader> reader_;
  std::unique_ptr<const DecodedChunks> chunks_;
  TimeAxis time_;
  int64_t frames_ = 0;           // of the file
  std::vector<int64_t> chosen_;  // empty: all of them
  Layout layout_;
  std::vector<std::string> notices_;
};

}  // namespace parfocal
