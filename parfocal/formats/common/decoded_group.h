#pragma once
/// What a thread decoded last of a source whose items come several at once (the channels of a
/// colour picture), so that reading them one by one decodes once.

#include <atomic>
#include <cstdint>
#include <span>

#include "parfocal/formats/common/byte_buffer.h"

namespace parfocal {

/// One group for each thread, whichever source it is of: the memory ends with the thread.
class DecodedGroup {
 public:
  /// A number that no other source has.
  static uint64_t new_owner() {
    static std::atomic<uint64_t> owners{0};
    return ++owners;
  }
  static DecodedGroup& of_this_thread() {
    static thread_local DecodedGroup group;
    return group;
  }
  bool holds(uint64_t owner, int64_t group) const { return owner_ == owner && group_ == group; }
  /// Room for `bytes`, which is nobody's until keep().
  std::span<std::byte> room(int64_t bytes) {
    owner_ = 0;
    return buffer_.take(static_cast<size_t>(bytes));
  }
  void keep(uint64_t owner, int64_t group) { owner_ = owner, group_ = group; }
  std::span<const std::byte> bytes(int64_t bytes) const {
    return buffer_.first(static_cast<size_t>(bytes));
  }

 private:
  uint64_t owner_ = 0;  // 0: nothing is kept
  int64_t group_ = 0;
  ByteBuffer buffer_;
};

}  // namespace parfocal
