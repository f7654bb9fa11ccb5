#include <chrono>
#include <condition_variable>
#include <fstream>
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

struct ClockParams {
  std::string path;
};

// Tells when items that came from a camera were there: a row of the item's number, the time at
// which the camera had it, and the time now, both UTC in ns.
class ClockObserver final : public Observer {
 public:
  explicit ClockObserver(const ClockParams& params) : out_(params.path) {}
  void observe(const Input& in) override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    out_ << in.header->sequence << ',' << in.header->host_time_ns << ','
         << std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() << std::endl;
  }

 private:
  std::ofstream out_;
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

PARFOCAL_OBSERVER(clock) {
  using P = ClockParams;
  ObserverInfo info;
  info.name = "clock";
  info.summary = "Writes when each item was there.";
  info.params = Parameters<P>().add("path", &P::path, "an absolute path").required();
  info.make = [](const std::any& params, const SinkInput&) {
    return std::make_unique<ClockObserver>(std::any_cast<const P&>(params));
  };
  info.test_only = true;
  return info;
}

}  // namespace parfocal
