#pragma once
/// What a store tells of each frame beside its pixels: `<image>/frames` with `valid`, times and
/// numbers, as the sink `ome_zarr` writes them.

#include <cstdint>
#include <string>
#include <vector>

#include "parfocal/core/frame_set.h"
#include "parfocal/core/item.h"
#include "parfocal/core/layout.h"
#include "parfocal/formats/zarr/hierarchy.h"

namespace parfocal {

/// Keeps the columns that say something (8 bytes a frame each) and which frames are missing.
class FrameRows {
 public:
  /// Of the image whose group is `image`, with these stream axes. Without such columns
  /// nothing is known. Rows that are not there yet (an image that grows) say nothing. \throws
  /// Error(input_missing) if they are damaged: which frames are there cannot be guessed
  static FrameRows read(const ZarrHierarchy& store, const std::string& image,
                        const std::vector<Axis>& stream);
  /// Sets the times and numbers that are known of a frame. Thread-safe.
  void fill(int64_t frame, FrameHeader& header) const;
  const FrameSet& missing() const { return missing_; }

 private:
  void read_valid(const ZarrHierarchy& store, const std::string& path, int64_t frames);
  template <class T>
  std::vector<T> read_column(const ZarrHierarchy& store, const std::string& path,
                             int64_t frames) const;
  FrameSet missing_;
  std::vector<double> time_s_;
  std::vector<int64_t> hardware_id_, device_time_ns_, host_time_ns_;
};

/// Of a store that parfocal writes or did not finish: why it is not complete ("running"); else "".
std::string incomplete_reason(const ZarrHierarchy& store);

}  // namespace parfocal
