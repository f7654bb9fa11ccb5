#pragma once
/// One feature of images of an .rtdc file, frame by frame. Chunks are decoded by the threads that
/// read; each keeps its last one.

#include <memory>
#include <string>

#include "parfocal/core/view.h"
#include "parfocal/formats/hdf5/decoded_chunks.h"
#include "parfocal/formats/hdf5/rtdc_file.h"

namespace parfocal {

class FrameReader {
 public:
  /// \throws Error(input_missing) if the file and its basins have no such feature, it is no frames
  /// x rows x columns of 8 or 16 bit, or it has no frames
  FrameReader(const RtdcFile& file, const std::string& feature);

  int64_t frames() const { return frames_; }
  DType dtype() const { return reader_->dtype(); }
  int64_t height() const { return reader_->shape()[1]; }
  int64_t width() const { return reader_->shape()[2]; }
  int64_t frames_per_chunk() const { return reader_->items_per_chunk(); }
  const std::string& dataset() const { return place_.dataset; }
  /// "movie.rtdc: events/image"
  std::string where() const { return place_.file->where(place_.dataset); }
  /// Most bytes that one thread allocates.
  int64_t read_bytes() const;
  /// Reads dst.region of a frame. Thread-safe. Fails on damaged bytes, naming the chunk.
  Status read(int64_t frame, const MutableView& dst) const;
  /// Decodes the chunk that begins with `frame` straight into dst. False if dst is not what one
  /// whole chunk of frames has, or the chunk is damaged. Thread-safe.
  bool read_chunk(int64_t frame, std::span<std::byte> dst) const;

 private:
  FeaturePlace place_;
  std::unique_ptr<const ChunkReader> reader_;
  std::unique_ptr<const DecodedChunks> chunks_;
  int64_t frames_ = 0;
  Region whole_;
};

}  // namespace parfocal
