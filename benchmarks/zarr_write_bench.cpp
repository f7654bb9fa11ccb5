// Streams frames into an OME-Zarr store and prints one line of JSON.
//
//   zarr_write_bench OUT --frames N --size H W --dtype uint16 --chunk T Y X --shard T Y X
//     --codec none|lz4|zstd --levels L --ack queued|kernel|durable --data FILE --ring K
//     --format sharded|plain [--rate FPS] [--threads N] [--planes Z]
//
// With --planes frames are those of stacks: chunks and shards are T Z Y X.
// FILE holds K frames of H x W uint16, which are written in turn. Latency: of one append(); at a
// rate, from when the frame was due (open loop).

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "parfocal/core/view.h"
#include "parfocal/formats/zarr/writer/store_writer.h"

namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

using Options = std::map<std::string, std::vector<std::string>>;
Options parse(int argc, char** argv) {
  Options options;
  std::string key;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("--"))
      key = word.substr(2), options[key];
    else
      options[key].push_back(word);
  }
  return options;
}

std::vector<int64_t> numbers(const Options& options, const std::string& key) {
  std::vector<int64_t> values;
  for (const std::string& word : options.at(key)) values.push_back(std::stoll(word));
  return values;
}

parfocal::StoreSpec spec_of(const Options& options) {
  const std::vector<int64_t> size = numbers(options, "size");
  parfocal::ImageSpec image;
  image.name = "bench";
  image.axes = {
      {"t", parfocal::kUnbounded, 1, "", {}}, {"y", size[0], 1, "", {}}, {"x", size[1], 1, "", {}}};
  if (options.contains("planes"))
    image.axes.insert(image.axes.begin() + 1, {"z", numbers(options, "planes")[0], 1, "", {}});
  image.chunk = numbers(options, "chunk");
  if (options.at("format")[0] == "sharded") image.shard = numbers(options, "shard");
  image.levels = static_cast<int>(numbers(options, "levels")[0]);
  const std::string codec = options.at("codec")[0];
  if (codec != "none") {
    parfocal::CodecSpec blosc;
    blosc.kind = parfocal::CodecKind::blosc;
    blosc.cname = codec;
    blosc.typesize = 2;
    image.compressors = {blosc};
  }
  parfocal::StoreSpec spec;
  spec.images = {image};
  return spec;
}

parfocal::StoreOptions store_options(const Options& options) {
  parfocal::StoreOptions how;
  const std::string ack = options.at("ack")[0];
  how.ack = ack == "queued"   ? parfocal::Ack::queued
            : ack == "kernel" ? parfocal::Ack::kernel
                              : parfocal::Ack::durable;
  if (options.contains("threads")) how.threads = static_cast<int>(numbers(options, "threads")[0]);
  how.direct = !options.contains("buffered");
  return how;
}

std::vector<char> read_ring(const Options& options, size_t bytes) {
  std::vector<char> ring(bytes);
  std::ifstream file(options.at("data")[0], std::ios::binary);
  file.read(ring.data(), static_cast<std::streamsize>(bytes));
  if (static_cast<size_t>(file.gcount()) != bytes) throw std::runtime_error("short ring file");
  return ring;
}

double percentile(std::vector<double> values, double p) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(p * static_cast<double>(values.size() - 1))];
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

// VmHWM: what getrusage says counts the parent's memory, too.
int64_t peak_rss_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stoll(line.substr(6)) << 10;
  return -1;
}

[[noreturn]] void fail(const parfocal::Status& status) {
  throw parfocal::Error(parfocal::ErrorCode::run_failed, status.issue());
}

void run(const char* out, const Options& options) {
  const std::vector<int64_t> size = numbers(options, "size");
  const int64_t frames = numbers(options, "frames")[0], ring_frames = numbers(options, "ring")[0];
  const size_t frame_bytes = static_cast<size_t>(2 * size[0] * size[1]);
  const std::vector<char> ring = read_ring(options, frame_bytes * static_cast<size_t>(ring_frames));
  const double rate = options.contains("rate") ? std::stod(options.at("rate")[0]) : 0;
  std::vector<double> latencies_ms;
  const double cpu_before = cpu_seconds();
  const int64_t base_rss = peak_rss_bytes();
  const auto start = Clock::now();
  const parfocal::StoreSpec spec = spec_of(options);
  const auto writer = parfocal::StoreWriter::create(out, spec, store_options(options));
  for (int64_t t = 0; t < frames; ++t) {
    const auto due =
        start + std::chrono::duration_cast<Clock::duration>(
                    std::chrono::duration<double>(rate > 0 ? static_cast<double>(t) / rate : 0));
    if (rate > 0) std::this_thread::sleep_until(due);
    const auto* data = reinterpret_cast<const std::byte*>(ring.data()) +
                       static_cast<size_t>(t % ring_frames) * frame_bytes;
    const auto plane = parfocal::packed_view(data, parfocal::DType::u16,
                                             parfocal::Region::whole({size[0], size[1]}));
    int64_t ticket = 0;
    const auto before = rate > 0 ? due : Clock::now();
    if (auto s = writer->append(0, t, plane, {}, ticket); !s.ok()) fail(s);
    latencies_ms.push_back(1000 * seconds_since(before));
  }
  const double appended = seconds_since(start);
  if (auto s = writer->close(true, ""); !s.ok()) fail(s);
  const double closed = seconds_since(start);
  std::printf(
      "{\"seconds_append\": %.4f, \"seconds_close\": %.4f, \"bytes\": %lld, \"latencies_ms\": "
      "{\"p50\": %.3f, \"p99\": %.3f, \"p999\": %.3f, \"max\": %.3f}, \"peak_rss_bytes\": %lld, "
      "\"base_rss_bytes\": %lld, \"cpu_seconds\": %.3f, \"stated_bytes\": %lld}\n",
      appended, closed - appended,
      static_cast<long long>(frames) * static_cast<long long>(frame_bytes),
      percentile(latencies_ms, 0.5), percentile(latencies_ms, 0.99),
      percentile(latencies_ms, 0.999), percentile(latencies_ms, 1),
      static_cast<long long>(peak_rss_bytes()), static_cast<long long>(base_rss),
      cpu_seconds() - cpu_before,
      static_cast<long long>(parfocal::StoreWriter::resident_bytes(spec, store_options(options))));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argv[1], parse(argc, argv));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "zarr_write_bench: %s\n", e.what());
    return 1;
  }
}
