#pragma once
/// One image of the store: its levels, its per-frame metadata, what is known to be missing.

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "parfocal/core/frame_set.h"
#include "parfocal/formats/common/gap_ranges.h"
#include "parfocal/formats/zarr/contrast.h"
#include "parfocal/formats/zarr/writer/array_writer.h"
#include "parfocal/formats/zarr/writer/frame_columns.h"
#include "parfocal/formats/zarr/writer/pyramid.h"
#include "parfocal/formats/zarr/writer/region_pooling.h"
#include "parfocal/formats/zarr/writer/store_metadata.h"

namespace parfocal {

/// Thread-safe, but for Scratch.
class ImageWriter {
 public:
  /// Buffers of one thread, for all levels.
  struct Scratch {
    std::vector<ArrayWriter::Scratch> arrays;
    std::optional<Pyramid::Buffers> planes;
    std::vector<RegionPooling::Buffers> strips;  // of frames that came in regions
  };
  /// What one frame wrote: its record, and planes of smaller levels that are missing with it.
  struct Written {
    FrameRecord record;
    std::vector<Piece> gaps;
  };

  /// `arrays`: those of this image, with their numbers from `first_array` on; the order in
  /// `options` is the image's.
  ImageWriter(const std::filesystem::path& root, const StoreSpec& store, size_t image,
              std::span<const ArraySpec> arrays, uint32_t first_array,
              const ArrayWriter::Options& options, Journal& journal);

  const ImageSpec& spec() const { return store_.images[image_]; }
  const ArrayWriter& base() const { return *levels_.front(); }
  Scratch make_scratch() const;
  int64_t scratch_bytes() const;
  /// What it holds besides: open shards, samples, rows.
  int64_t resident_bytes() const;
  /// What making its description takes: that of each channel counts.
  int64_t description_bytes() const;
  int64_t log_bytes() const;
  /// Room on the disk for all its frames, with what is there only while they come. \pre the first
  /// axis has an end
  int64_t room_bytes() const;

  /// Whether the frame would begin more shards than may be open at once.
  bool is_full_for(int64_t frame) const;
  /// Announces a frame. Fails if it was announced before or lies outside.
  Status admit(int64_t frame);
  /// Offers a frame's pixels to the contrast window.
  void sample(int64_t frame, const View& plane);
  /// Writes a frame, laid out in `buffer`, and its smaller levels.
  Status write(int64_t frame, const std::byte* buffer, std::span<const std::byte> row,
               Scratch& scratch, Written& written);
  /// A region of a frame (2-D, at absolute y, x); also offers it to the contrast window. By one
  /// thread at a time.
  Status write_region(int64_t frame, const View& region);
  /// As write(), of a frame whose regions are all there. By one thread at a time.
  Status write_from_regions(int64_t frame, std::span<const std::byte> row, Scratch& scratch,
                            Written& written);
  /// After the journal has the record.
  Status finish(const Written& written, Scratch& scratch);
  /// After the journal has the gap. The frames were announced.
  Status skip(const GapRecord& gap, Scratch& scratch);

  /// Goes on with an image of which `outer` steps of the first axis are there. Returns the first
  /// frame that has to be written once more: those of bands that are not full. \pre nothing came
  int64_t resume(int64_t outer);
  /// A gap that was recorded before; its frames from `first` on are missing in the new shards too.
  Status resume_gap(const GapRecord& gap, int64_t first, Scratch& scratch);
  /// Goes on with bands of which all frames of [0, frames) are in `valid`; of the others removes
  /// the shards of all levels, and their rows say that they are missing. \pre nothing came
  Status resume_bands(const FrameSet& valid, int64_t frames);
  /// Up to `most` frames of each channel that are there, spread over [0, frames).
  std::vector<int64_t> spread_frames(int64_t frames, int64_t most) const;
  int64_t seen() const;
  /// What was written before survives a power cut afterwards.
  Status sync();
  /// Steps of the first axis that a reader may see now, in all levels.
  int64_t committed_outer() const;
  Status flush_columns();
  /// Metadata of the columns for so many steps of the first axis.
  std::vector<MetadataObject> column_objects(int64_t outer) const;
  /// Takes back all frames from `frame` on; fails where z is halved. \pre no other call is under
  /// way
  Status drop_from(int64_t frame, Scratch& scratch);
  /// Seals everything, as an image of `outer` steps of the first axis; frames that never came
  /// become gaps. \pre no other call is under way
  Status close(Scratch& scratch, const std::string& reason, int64_t outer);
  /// Size of the first axis when all is written. A run that was cut short ends behind the last step
  /// of which a frame came, so that nothing that never was looks like data.
  int64_t final_outer(bool complete) const;
  /// For the metadata; `gaps` receives what the state points to.
  ImageState state(int64_t outer, GapRanges& gaps) const;
  /// Changes whenever a gap is recorded.
  int64_t gap_version() const;

 private:
  Status add_plane(int level, int64_t frame, const std::byte* tiles, Scratch& scratch,
                   Written& written);
  Status add_levels(const FrameIndex& frame, const Pyramid::Made& made, Scratch& scratch,
                    Written& written);
  Status skip_pyramid(int64_t frame, Scratch& scratch);
  Status skip_smaller(int64_t frame, Scratch& scratch);
  Status close_pyramid(Scratch& scratch);
  bool bands_are_alike() const;
  Status resume_row(int64_t row, const FrameSet& valid, int64_t frames);
  void add_missing(const std::string& reason, int64_t outer);
  int64_t channel_of(int64_t frame) const;
  int64_t channels() const;

  const StoreSpec& store_;
  size_t image_;
  Journal& journal_;
  bool durable_, regions_;
  std::vector<std::unique_ptr<ArrayWriter>> levels_;
  std::unique_ptr<Pyramid> pyramid_;  // null: one level, or frames come in regions
  std::vector<std::unique_ptr<RegionPooling>> region_steps_;  // where frames come in regions
  int channel_axis_ = -1;                                     // among the stream axes
  mutable std::mutex mutex_;                                  // of everything below
  FrameColumns columns_;
  GapRanges gaps_;
  int64_t gap_version_ = 0;
  std::vector<ContrastSample> samples_;  // by channel
  int64_t seen_ = 0;                     // 1 + the largest frame that was announced
};

}  // namespace parfocal
