#pragma once
/// A dataset that grows item by item: collects one chunk, hands it to a ChunkEncoder.

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "parfocal/core/dtype.h"
#include "parfocal/formats/hdf5/chunk_encoder.h"
#include "parfocal/formats/hdf5/dataset.h"

namespace parfocal {

class DatasetWriter {
 public:
  /// Creates the dataset, empty, with chunks of chunk_items() items and the filters that dcnum
  /// takes; a 2-D item is marked as an image. `file` and `encoder` outlive the writer.
  /// \throws Error(run_failed)
  DatasetWriter(const H5File& file, const std::string& name, DType dtype,
                std::vector<int64_t> item_shape, int zstd_level, ChunkEncoder& encoder);

  /// The place of the next item; contents undefined. Valid until commit().
  std::byte* place();
  Status commit();  ///< takes the item at place()
  Status append(const void* item) {
    std::memcpy(place(), item, item_bytes_);
    return commit();
  }
  template <class T>
  Status append_value(T value) {
    return append(&value);
  }
  int64_t items() const { return items_; }
  int64_t id() const { return dataset_.id(); }
  /// Hands over the last, partial chunk (filled up with zeros), waits until all is in the file and
  /// cuts the dataset back to `items` where that is fewer; -1 = all. Again: only cuts.
  Status finish(int64_t items = -1);

  static int64_t chunk_bytes(int64_t item_bytes) { return chunk_items(item_bytes) * item_bytes; }

 private:
  Status hand_over();

  std::string where_;
  std::vector<int64_t> shape_;  // [0] = items handed over
  size_t item_bytes_;
  int64_t chunk_items_;
  int zstd_level_;
  ChunkEncoder& encoder_;
  Handle dataset_;
  std::vector<std::byte> chunk_;
  int64_t items_ = 0;
};

}  // namespace parfocal
