#pragma once
/// The datasets of an .rtdc file that have one item per event.

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "parfocal/core/io.h"
#include "parfocal/formats/hdf5/dataset_writer.h"
#include "parfocal/formats/hdf5/frame_selection.h"

namespace parfocal {

/// What `rtdc_events` was given beside its table; -1 = not given.
struct EventPorts {
  int labels = -1, image = -1, background = -1, index = -1, offset = -1;
};

class EventColumns {
 public:
  /// Makes the datasets. `frames`: what the source reads of the recording that events refer to.
  /// \throws Error(run_failed)
  EventColumns(const H5File& file, std::span<const SinkInput> inputs, const EventPorts& ports,
               FrameSelection frames, int zstd_level, ChunkEncoder& encoder);
  /// One frame with its events; none of `in` is a gap.
  Status write(std::span<const Input> in);
  /// The recording has no place for the frame that comes next: a live source lost it.
  void leave_out(int64_t sequence) { left_out_.push_back(sequence); }
  /// Completes the datasets, cut back to the events of the first `frames` frames; -1 = all. After a
  /// failure they have the events of the frames that are whole.
  Status finish(const H5File& file, int64_t frames);

  /// The first frame with an event that is not in the file and will not be; -1 = none of those that
  /// write() took. Waits for what is on its way.
  int64_t first_lost() const;
  int64_t events() const { return events_; }
  bool has_offsets() const { return has_offsets_; }  ///< an offset other than 0 came

  static int64_t resident_bytes(std::span<const SinkInput> inputs, const EventPorts& ports);
  /// Bytes of the largest chunk.
  static int64_t chunk_bytes(std::span<const SinkInput> inputs, const EventPorts& ports);

 private:
  static constexpr size_t kRecent = 4096;
  struct TableColumn {
    int at;
    bool integer;
    std::unique_ptr<DatasetWriter> writer;
  };
  Status write_event(std::span<const Input> in, int64_t row);
  Status write_mask(const View& labels, int64_t label);
  std::vector<DatasetWriter*> writers() const;
  void remember(int64_t sequence);

  EventPorts ports_;
  FrameSelection frames_;
  int label_at_ = -1;
  std::vector<TableColumn> features_;
  std::unique_ptr<DatasetWriter> mask_, image_, background_, offset_, index_, frame_, nevents_;
  std::vector<int64_t> left_out_;                   ///< ascending
  std::deque<std::pair<int64_t, int64_t>> recent_;  ///< frames not in the file yet, end of events
  size_t most_recent_ = kRecent;
  int64_t events_ = 0, whole_frames_ = 0;  ///< events; those of them whose frame is whole
  bool has_offsets_ = false;
};

}  // namespace parfocal
