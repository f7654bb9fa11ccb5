#pragma once
/// Which frames are acknowledged.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>

#include "parfocal/core/error.h"

namespace parfocal {

/// Tickets are numbered from 0 in the order of append(). Thread-safe.
class Receipts {
 public:
  int64_t issue();
  /// The frame of this ticket is safe. Calls the listener, on the caller's thread.
  void acknowledge(int64_t ticket);
  /// No ticket that is not acknowledged by now will be. The first failure stays.
  void fail(const Status& status);
  /// Waits until the ticket is acknowledged or never will be.
  Status wait(int64_t ticket);
  /// Tickets [0, n) are all acknowledged.
  int64_t acknowledged() const;
  /// How many tickets are acknowledged.
  int64_t count() const;
  Status failure() const;
  /// \pre before the first issue()
  void listen(std::function<void(int64_t)> listener) { listener_ = std::move(listener); }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  int64_t issued_ = 0, all_before_ = 0;
  std::set<int64_t> ahead_;  // acknowledged, behind one that is not
  bool failed_ = false;
  Issue failure_;
  std::function<void(int64_t)> listener_;
};

}  // namespace parfocal
