// Writes a store of which every pixel and row is known, and a receipt (u64, FrameName::number())
// for each frame as soon as it is acknowledged: zarr_write_probe OUT RECEIPTS [--name value]...
// Exit codes: 0 closed; 3 a failure, told on stderr, after close() told what is safe.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "parfocal/formats/zarr/writer/store_writer.h"
#include "probe_spec.h"

namespace {

using namespace parfocal;
using namespace parfocal::crash;
using Clock = std::chrono::steady_clock;

StoreOptions options_of(const ProbeSpec& spec) {
  StoreOptions options;
  options.ack = spec.ack == "queued"   ? Ack::queued
                : spec.ack == "kernel" ? Ack::kernel
                                       : Ack::durable;
  options.threads = spec.threads;
  options.queue_frames = spec.queue;
  options.direct = spec.direct;
  return options;
}

/// What a session appends, in order: the images take turns.
std::vector<FrameName> frames_of(const StoreWriter& writer, const ProbeSpec& spec,
                                 int64_t session) {
  std::vector<FrameName> names;
  const bool one = spec.sessions == 1 && spec.first_session == 0;
  for (int64_t i = 0; i < spec.frames / spec.sessions; ++i)
    for (size_t image = 0; image < spec.images(); ++image)
      names.push_back({one ? spec.frame_at(i) : writer.frames(image) + i,
                       static_cast<int64_t>(image), session});
  return names;
}

Status append(StoreWriter& writer, const ProbeSpec& spec, const FrameName& name,
              std::vector<uint16_t>& pixels) {
  const size_t image = static_cast<size_t>(name.image);
  if (spec.is_gap(name.frame))
    return writer.append_gap(image, name.frame, 1, GapReason::dropped, "left out");
  fill_plane(name, spec.height, spec.width, pixels.data());
  const View plane =
      packed_view<const std::byte>(reinterpret_cast<const std::byte*>(pixels.data()), DType::u16,
                                   Region::whole({spec.height, spec.width}));
  int64_t ticket = 0;
  return writer.append(image, name.frame, plane, row_of(name), ticket);
}

Status append_all(StoreWriter& writer, const ProbeSpec& spec, const std::vector<FrameName>& names) {
  std::vector<uint16_t> pixels(static_cast<size_t>(spec.height * spec.width));
  const auto start = Clock::now();
  for (size_t i = 0; i < names.size(); ++i) {
    if (spec.rate > 0)
      std::this_thread::sleep_until(
          start + std::chrono::duration<double>(static_cast<double>(i) / spec.rate));
    if (Status s = append(writer, spec, names[i], pixels); !s.ok()) return s;
  }
  return {};
}

/// Receipts that outlive this process: the system has them when add() returns.
class Receipts {
 public:
  Receipts(const std::string& path, bool first)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (first ? O_TRUNC : 0),
                   0666)) {}
  bool good() const { return fd_ >= 0; }
  void add(int64_t number) {
    if (::write(fd_, &number, sizeof number) != sizeof number) std::perror("receipt");
    ++frames_;
  }
  /// That have a receipt since begin().
  int64_t frames() const { return frames_; }
  void begin() { frames_ = 0; }

 private:
  int fd_;
  std::atomic<int64_t> frames_ = 0;
};

/// Whether every frame got its receipt. Each is waited for: behind one that failed, others may be
/// acknowledged.
bool all_acknowledged(StoreWriter& writer, int64_t tickets, const Receipts& receipts) {
  for (int64_t ticket = 0; ticket < tickets; ++ticket)
    if (!writer.wait(ticket).ok()) return false;
  while (receipts.frames() < tickets) std::this_thread::yield();  // the listener is called last
  return true;
}

Status close(StoreWriter& writer, const ProbeSpec& spec, int64_t session, const Status& appended,
             int64_t tickets, Receipts& receipts) {
  std::vector<int64_t> kept;
  // No receipt of a frame may follow the one that it is taken back.
  if (spec.take_back > 0 && appended.ok() && all_acknowledged(writer, tickets, receipts)) {
    for (size_t image = 0; image < spec.images(); ++image) {
      kept.push_back(std::max<int64_t>(0, writer.frames(image) - spec.take_back));
      receipts.add(FrameName{kept.back(), static_cast<int64_t>(image), session}.taken_back());
    }
  }
  return writer.close(appended.ok(), appended.ok() ? "" : appended.issue().what, kept);
}

bool run_session(const std::string& out, const ProbeSpec& spec, int64_t session,
                 Receipts& receipts) {
  receipts.begin();
  // Tickets are numbered in the order of append(): gaps have none. Outlives the writer's threads.
  std::vector<int64_t> number_of_ticket;
  const auto writer = session == 0 ? StoreWriter::create(out, spec.store(), options_of(spec))
                                   : StoreWriter::append_to(out, options_of(spec));
  const std::vector<FrameName> names = frames_of(*writer, spec, session);
  for (const FrameName& name : names)
    if (!spec.is_gap(name.frame)) number_of_ticket.push_back(name.number());
  writer->on_acknowledged(
      [&](int64_t ticket) { receipts.add(number_of_ticket.at(static_cast<size_t>(ticket))); });
  const Status appended = append_all(*writer, spec, names);
  const bool last = session == spec.first_session + spec.sessions - 1;
  if (appended.ok() && !last && session % 2 == 1) return true;
  const auto tickets = static_cast<int64_t>(number_of_ticket.size());
  const Status closed = close(*writer, spec, session, appended, tickets, receipts);
  for (const Status* s : {&appended, &closed})
    if (!s->ok()) std::fprintf(stderr, "%s\n", s->issue().str().c_str());
  return appended.ok() && closed.ok();
}

int run(const std::string& out, const std::string& path, const ProbeSpec& spec) {
  Receipts receipts(path, spec.first_session == 0);
  if (!receipts.good()) return 2;
  for (int64_t i = 0; i < spec.sessions; ++i)
    if (!run_session(out, spec, spec.first_session + i, receipts)) return 3;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  try {
    return run(argv[1], argv[2], ProbeSpec::parse({argv + 3, argv + argc}));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
