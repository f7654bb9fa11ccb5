#pragma once
/// Planes that wait on the disk until their chunks are complete: slots of one tiled plane each.

#include <mutex>
#include <vector>

#include "parfocal/formats/zarr/writer/part_file.h"

namespace parfocal {

/// Thread-safe. The file is made when the first plane comes. Not past the page cache: planes are
/// read back soon.
class FrameLog {
 public:
  FrameLog(std::filesystem::path path, int64_t slot_bytes)
      : path_(std::move(path)), slot_bytes_(slot_bytes) {}
  /// A free slot, by its offset in the file.
  Status take(int64_t& slot);
  void give_back(int64_t slot);
  PartFile& file() { return file_; }
  Status sync();
  /// Closes and removes the file, if there is one.
  Status remove();

 private:
  std::filesystem::path path_;
  int64_t slot_bytes_;
  std::mutex mutex_;
  PartFile file_;
  bool created_ = false;
  std::vector<int64_t> free_;
};

}  // namespace parfocal
