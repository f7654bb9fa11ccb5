#pragma once
/// Self-registration: rooms add to core's registries at load time; nobody keeps a central list.

#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

namespace parfocal {

/// Named descriptions of one kind. Thread-safe; entries live as long as the process.
template <class T>
class Registry {
 public:
  /// Returns true so that it can initialise a static. A second entry of the same name is a mistake
  /// of the program: throws std::logic_error.
  bool add(T entry) {
    std::lock_guard lock(mutex_);
    std::string name = entry.name;
    if (!entries_.emplace(name, std::move(entry)).second)
      throw std::logic_error("registered twice: " + name);
    return true;
  }
  const T* find(const std::string& name) const {
    std::lock_guard lock(mutex_);
    auto it = entries_.find(name);
    return it == entries_.end() ? nullptr : &it->second;
  }
  /// Sorted.
  std::vector<std::string> names() const {
    std::lock_guard lock(mutex_);
    std::vector<std::string> result;
    for (const auto& [name, entry] : entries_) result.push_back(name);
    return result;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, T> entries_;  // node-based: pointers stay valid
};

}  // namespace parfocal
