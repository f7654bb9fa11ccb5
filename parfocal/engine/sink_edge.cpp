#include "parfocal/engine/sink_edge.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "parfocal/core/guarded.h"

namespace parfocal::engine {
namespace {

class SinkConsumer : public Consumer {
 public:
  SinkConsumer(const PassContext& context, SinkEnd& end, bool counts)
      : context_(context), end_(end), counts_(counts) {}

  Turn take(int64_t sequence, std::span<const Input> in) override {
    const bool internal = context_.plan.nodes[static_cast<size_t>(end_.node)].internal;
    if (!end_.broken && (counts_ || !internal)) write(in);
    if (!counts_) return Turn::done;
    ++end_.came;
    if (end_.broken) return Turn::done;
    ++end_.written;
    if (std::any_of(in.begin(), in.end(), [](const Input& input) { return input.gap; }))
      end_.gaps.add(sequence);
    return Turn::done;
  }
  Turn finish(bool) override { return Turn::done; }

 private:
  void write(std::span<const Input> in) {
    const Status status = guarded([&] { return end_.sink->write(in); });
    if (status.ok()) return;
    end_.broken = true;
    Issue issue = status.issue();
    if (issue.where.empty()) issue.where = end_.count.edge;
    context_.faults.run_failed(ErrorCode::run_failed, std::move(issue));
  }

  const PassContext& context_;
  SinkEnd& end_;
  bool counts_;
};

class ObserverConsumer : public Consumer {
 public:
  explicit ObserverConsumer(ObserverEnd& end) : end_(end) {}
  Turn take(int64_t, std::span<const Input> in) override {
    ++end_.count.expected;
    if (in[0].gap)
      ++end_.count.missing;
    else if (!end_.offer(in[0]))
      ++end_.count.dropped;
    return Turn::done;
  }
  Turn finish(bool) override { return Turn::done; }

 private:
  ObserverEnd& end_;
};

}  // namespace

std::unique_ptr<Consumer> make_sink_consumer(const PassContext& context, SinkEnd& end,
                                             bool counts) {
  return std::make_unique<SinkConsumer>(context, end, counts);
}
std::unique_ptr<Consumer> make_observer_consumer(ObserverEnd& end) {
  return std::make_unique<ObserverConsumer>(end);
}

// Owned by both sides, so that an observer that never returns can be left behind.
struct ObserverEnd::Shared {
  std::mutex mutex;
  std::condition_variable wake;
  std::unique_ptr<Observer> observer;
  PortLayout port;
  Block memory;
  struct Lease {
    std::byte* data = nullptr;
    FrameHeader header;
    int64_t rows = 0;
    Region region;
  };
  std::array<Lease, 2> leases;
  int waiting = -1, looking = -1;
  bool over = false, idle = true;

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock, [&] { return over || waiting >= 0; });
      if (waiting < 0) break;
      looking = std::exchange(waiting, -1);
      idle = false;
      lock.unlock();
      look(leases[static_cast<size_t>(looking)]);
      lock.lock();
      looking = -1;
      idle = true;
      wake.notify_all();
    }
  }
  void look(const Lease& lease) {
    Input in;
    in.header = &lease.header;
    if (port.kind == PortKind::table)
      in.table = {&port.table, lease.data, lease.rows};
    else
      in.image = packed_view<const std::byte>(lease.data, port.layout.dtype, lease.region);
    try {
      observer->observe(in);
    } catch (...) {
      // Best effort: an observer's failure is its own.
    }
  }
};

ObserverEnd::ObserverEnd(const std::string& name, std::unique_ptr<Observer> observer,
                         const PortLayout& port, int64_t item_bytes)
    : shared_(std::make_shared<Shared>()) {
  count.edge = name;
  shared_->observer = std::move(observer);
  shared_->port = port;
  shared_->memory = Block(static_cast<size_t>(2 * item_bytes));
  for (int i = 0; i < 2; ++i)
    shared_->leases[static_cast<size_t>(i)].data = shared_->memory.data() + i * item_bytes;
  std::thread([shared = shared_] { shared->run(); }).detach();
}

ObserverEnd::~ObserverEnd() {
  std::unique_lock lock(shared_->mutex);
  shared_->over = true;
  shared_->wake.notify_all();
  // A quick observer gets its last item; one that hangs is left behind.
  shared_->wake.wait_for(lock, std::chrono::milliseconds(200),
                         [&] { return shared_->idle && shared_->waiting < 0; });
}

bool ObserverEnd::offer(const Input& item) {
  std::lock_guard lock(shared_->mutex);
  const bool replaced = shared_->waiting >= 0;
  const int free = replaced ? shared_->waiting : shared_->looking == 0 ? 1 : 0;
  Shared::Lease& lease = shared_->leases[static_cast<size_t>(free)];
  lease.header = *item.header;
  if (shared_->port.kind == PortKind::table) {
    lease.rows = item.table.rows;
    std::memcpy(lease.data, item.table.data, static_cast<size_t>(shared_->port.table.bytes()));
  } else {
    lease.region = item.image.region;
    copy_pixels(item.image, packed_view(lease.data, item.image.dtype, lease.region));
  }
  if (!replaced) ++count.received;
  shared_->waiting = free;
  shared_->wake.notify_all();
  return !replaced;
}

}  // namespace parfocal::engine
