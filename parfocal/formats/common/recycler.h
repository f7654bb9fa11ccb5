#pragma once
/// Objects that keep their memory when nobody needs them any more, for the next one who does.

#include <memory>
#include <mutex>
#include <vector>

namespace parfocal {

/// So there are as many as were ever in use at once, whichever threads took and left them; a heap
/// would keep for each thread what others gave back to it. Thread-safe; objects may outlive it.
template <class T>
class Recycler {
 public:
  /// One that was used before, as it was left, or a new one.
  std::shared_ptr<T> take() {
    std::unique_ptr<T> object = idle_->take();
    return {object.release(),
            [idle = idle_](T* left) { idle->give_back(std::unique_ptr<T>(left)); }};
  }

 private:
  struct Idle {
    std::unique_ptr<T> take() {
      const std::lock_guard lock(mutex);
      if (objects.empty()) {
        objects.reserve(++made);  // so that giving back never throws
        return std::make_unique<T>();
      }
      std::unique_ptr<T> last = std::move(objects.back());
      objects.pop_back();
      return last;
    }
    void give_back(std::unique_ptr<T> object) {
      const std::lock_guard lock(mutex);
      objects.push_back(std::move(object));
    }
    std::mutex mutex;
    std::vector<std::unique_ptr<T>> objects;
    size_t made = 0;
  };
  std::shared_ptr<Idle> idle_ = std::make_shared<Idle>();
};

}  // namespace parfocal
