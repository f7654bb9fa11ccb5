#include "parfocal/formats/zarr/writer/frame_log.h"

#include <unistd.h>

namespace parfocal {

Status FrameLog::take(int64_t& slot) {
  const std::lock_guard lock(mutex_);
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
    return {};
  }
  if (!created_) {
    if (Status s = file_.create(path_, slot_bytes_, INT64_MAX, false); !s.ok()) return s;
    created_ = true;
  }
  return file_.reserve(slot_bytes_, slot);
}

void FrameLog::give_back(int64_t slot) {
  const std::lock_guard lock(mutex_);
  free_.push_back(slot);
}

Status FrameLog::sync() {
  {
    const std::lock_guard lock(mutex_);
    if (!created_) return {};
  }
  return file_.sync();
}

Status FrameLog::remove() {
  const std::lock_guard lock(mutex_);
  if (!created_) return {};
  if (Status s = file_.close(); !s.ok()) return s;
  return ::unlink(path_.c_str()) == 0 ? Status() : io_failure("remove", path_);
}

}  // namespace parfocal
