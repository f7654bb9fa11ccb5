#pragma once
/// Keeps what was used last, within a bound in bytes.

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace parfocal {

/// Thread-safe. Values are shared and immutable: one that is dropped lives until its last user is
/// done with it. A value larger than the bound is not kept.
template <class T>
class LruCache {
 public:
  std::shared_ptr<const T> get(int64_t key) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->value;
  }
  void put(int64_t key, std::shared_ptr<const T> value, int64_t bytes) {
    const std::lock_guard lock(mutex_);
    if (bytes > bound_ || places_.contains(key)) return;
    shrink(bound_ - bytes);
    entries_.push_front({key, bytes, std::move(value)});
    places_[key] = entries_.begin();
    bytes_ += bytes;
  }
  void set_bound(int64_t bytes) {
    const std::lock_guard lock(mutex_);
    bound_ = bytes;
    shrink(bound_);
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    shrink(0);
  }
  int64_t bytes() {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  struct Entry {
    int64_t key, bytes;
    std::shared_ptr<const T> value;
  };
  void shrink(int64_t bound) {
    while (bytes_ > bound) {
      bytes_ -= entries_.back().bytes;
      places_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }
  std::mutex mutex_;
  std::list<Entry> entries_;  // used last first
  std::unordered_map<int64_t, typename std::list<Entry>::iterator> places_;
  int64_t bytes_ = 0, bound_ = 0;
};

}  // namespace parfocal
