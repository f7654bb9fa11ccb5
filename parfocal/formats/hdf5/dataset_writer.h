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
  ~DatasetWriter() { encoder_.remove(this); }
  DatasetWriter(const DatasetWriter&) = delete;
  DatasetWriter& operator=(const DatasetWriter&) = delete;

  /// Gives the place of the next item; contents undefined. Valid until commit(). Fails where the
  /// disk has no room for the item's chunk: in a recorded file an item that was taken has its room.
  Status place(std::byte*& at);
  Status commit();  ///< takes the item at place()
  Status append(const void* item) {
    std::byte* at = nullptr;
    if (Status s = place(at); !s.ok()) return s;
    std::memcpy(at, item, item_bytes_);
    return commit();
  }
  template <class T>
  Status append_value(T value) {
    return append(&value);
  }
  int64_t items() const { return items_; }
  int64_t id() const { return dataset_.id(); }
  /// Hands over the last, partial chunk (filled up with zeros), waits until all is in the file and
  /// cuts the dataset back to `items` where that is fewer; -1 = all. Again: only cuts. After a
  /// failure the dataset has items() items, all of which are in the file.
  Status finish(int64_t items = -1);
  /// Items that are in the file, or will be with finish(): all but those from the first chunk on
  /// that could not be written. Waits for what is on its way.
  int64_t stored() const;
  int64_t items_in_file() const;
  /// What is being collected; no pieces: nothing.
  DatasetTail unfinished() const;

  /// What a writer collects.
  static int64_t chunk_bytes(int64_t item_bytes) { return chunk_items(item_bytes) * item_bytes; }

 private:
  size_t chunk_bytes() const { return static_cast<size_t>(chunk_items_) * item_bytes_; }
  Status hand_over();
  Status cut(int64_t items);

  std::string name_, where_;
  std::vector<int64_t> shape_;  // [0] = items handed over
  size_t item_bytes_;
  int64_t chunk_items_;
  int zstd_level_;
  ChunkEncoder& encoder_;
  Handle dataset_;
  JournaledFile* file_;  // nullptr: the file is another
  Recycler<ByteBuffer> buffers_;
  std::shared_ptr<ByteBuffer> chunk_;  // nullptr: nothing is being collected
  int64_t items_ = 0, held_bytes_ = 0;
};

/// Finishes datasets that belong together, all with as many items as the shortest of them has; at
/// most `items`, -1 = all. `kept` becomes their number, after a failure too.
Status finish_together(std::span<DatasetWriter* const> writers, int64_t items, int64_t& kept);

}  // namespace parfocal
