#pragma once
/// Source `rtdc`: the images of an .rtdc file as a stream t | y x, whether they lie in the file or
/// in one of its basins; beside them the background that is stored for each frame.

#include "parfocal/core/io.h"
#include "parfocal/formats/hdf5/frame_reader.h"
#include "parfocal/formats/hdf5/frame_selection.h"
#include "parfocal/formats/hdf5/online_gates.h"
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
  bool read_group(int64_t first, std::span<std::byte> dst,
                  std::span<FrameHeader> headers) const override;
  /// Port 0: image_bg; port 1: bg_off, 0 where the file has none; port 2: the measurement's gates,
  /// one row each, named by the labels of axis `gate`.
  Layout open_port(size_t port) override;
  Status read_port(size_t port, int64_t sequence, const MutableView& dst) const override;
  SourceRow row(int64_t sequence) const override;
  std::string identity() const override;
  Status unchanged() const override { return file_->unchanged(); }
  std::vector<std::string> notices() const override { return notices_; }

  const RtdcFile& file() const { return *file_; }
  const TimeAxis& time_axis() const { return time_; }

 private:
  void open_background();
  void open_offsets();
  void open_gates();
  void read_time(bool required);
  void choose(const FrameSelection& frames);
  void set_layout();
  void note_time(int64_t sequence, FrameHeader& header) const;
  /// Frame of the file that is read as `sequence`.
  int64_t frame_of(int64_t sequence) const {
    return chosen_.empty() ? sequence : chosen_[static_cast<size_t>(sequence)];
  }

  std::shared_ptr<const RtdcFile> file_;
  FrameReader images_;
  std::unique_ptr<const FrameReader> background_;
  std::vector<double> offsets_;  // empty: none are stored
  std::vector<OnlineGate> gates_;
  TimeAxis time_;
  std::vector<int64_t> chosen_;  // empty: all of them
  Layout layout_;
  std::vector<std::string> notices_;
};

}  // namespace parfocal
