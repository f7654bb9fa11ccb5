#include <condition_variable>
#include <mutex>

#include "parfocal/core/io.h"

namespace parfocal {
namespace {

// As quick as a viewer can be; how many items came is in the run record.
class CountObserver final : public Observer {
 public:
  void observe(const Input&) override {}
};

// A viewer that never comes back from its first item, and hears no stop either.
class HangObserver final : public Observer {
 public:
  void observe(const Input&) override {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait(lock, [] { return false; });
  }
};

template <class T>
ObserverInfo observer(const char* name, const char* summary) {
  ObserverInfo info;
  info.name = name;
  info.summary = summary;
  info.params = Parameters<NoParams>();
  info.make = [](const std::any&, const SinkInput&) { return std::make_unique<T>(); };
  info.test_only = true;
  return info;
}

}  // namespace

PARFOCAL_OBSERVER(count) {
  return observer<CountObserver>("count", "Takes items and forgets them.");
}
PARFOCAL_OBSERVER(hang) {
  return observer<HangObserver>("hang", "Never returns from its first item.");
}

}  // namespace parfocal
