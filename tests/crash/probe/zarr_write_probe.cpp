// Writes a store of which every pixel and row is known, and a receipt (u64 frame number) for each
// frame as soon as it is acknowledged: zarr_write_probe OUT RECEIPTS [--name value]...
// Exit codes: 0 closed; 3 a failure, told on stderr, after close() told what is safe.
#include <fcntl.h>
#include <unistd.h>

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

Status append_all(StoreWriter& writer, const ProbeSpec& spec) {
  std::vector<uint16_t> pixels(static_cast<size_t>(spec.height * spec.width));
  const auto start = Clock::now();
  for (int64_t i = 0; i < spec.frames; ++i) {
    const int64_t frame = spec.frame_at(i);
    if (spec.rate > 0)
      std::this_thread::sleep_until(
          start + std::chrono::duration<double>(static_cast<double>(i) / spec.rate));
    if (spec.is_gap(frame)) {
      if (Status s = writer.append_gap(0, frame, 1, GapReason::dropped, "left out"); !s.ok())
        return s;
      continue;
    }
    fill_plane(frame, spec.height, spec.width, pixels.data());
    const auto row = row_of(frame);
    const View plane =
        packed_view<const std::byte>(reinterpret_cast<const std::byte*>(pixels.data()), DType::u16,
                                     Region::whole({spec.height, spec.width}));
    int64_t ticket = 0;
    if (Status s = writer.append(0, frame, plane, row, ticket); !s.ok()) return s;
  }
  return {};
}

int run(const std::string& out, const std::string& receipts, const ProbeSpec& spec) {
  const int fd = ::open(receipts.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return 2;
  // Tickets are numbered in the order of append(): gaps have none.
  std::vector<int64_t> frame_of_ticket;
  for (int64_t i = 0; i < spec.frames; ++i)
    if (!spec.is_gap(spec.frame_at(i))) frame_of_ticket.push_back(spec.frame_at(i));
  auto writer = StoreWriter::create(out, spec.store(), options_of(spec));
  writer->on_acknowledged([&](int64_t ticket) {
    const int64_t frame = frame_of_ticket.at(static_cast<size_t>(ticket));
    if (::write(fd, &frame, sizeof frame) != sizeof frame) std::perror("receipt");
  });
  Status appended = append_all(*writer, spec);
  Status closed = writer->close(appended.ok(), appended.ok() ? "" : appended.issue().what);
  for (const Status* s : {&appended, &closed})
    if (!s->ok()) std::fprintf(stderr, "%s\n", s->issue().str().c_str());
  return appended.ok() && closed.ok() ? 0 : 3;
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
