#include "parfocal/formats/zarr/writer/receipts.h"

namespace parfocal {

int64_t Receipts::issue() {
  const std::lock_guard lock(mutex_);
  return issued_++;
}

void Receipts::acknowledge(int64_t ticket) {
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return;  // after a failed write or sync nothing more is promised
    ahead_.insert(ticket);
    while (!ahead_.empty() && *ahead_.begin() == all_before_) {
      ahead_.erase(ahead_.begin());
      ++all_before_;
    }
  }
  changed_.notify_all();
  if (listener_) listener_(ticket);
}

void Receipts::fail(const Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (failed_) return;
    failed_ = true;
    failure_ = status.issue();
  }
  changed_.notify_all();
}

Status Receipts::wait(int64_t ticket) {
  std::unique_lock lock(mutex_);
  const auto is_safe = [&] { return ticket < all_before_ || ahead_.contains(ticket); };
  changed_.wait(lock, [&] { return is_safe() || failed_; });
  return is_safe() ? Status() : Status::fail(failure_);
}

int64_t Receipts::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return all_before_;
}

int64_t Receipts::count() const {
  const std::lock_guard lock(mutex_);
  return all_before_ + static_cast<int64_t>(ahead_.size());
}

Status Receipts::failure() const {
  const std::lock_guard lock(mutex_);
  return failed_ ? Status::fail(failure_) : Status();
}

}  // namespace parfocal
