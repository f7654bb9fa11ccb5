/// The bare job below every pipeline on an .rtdc file: read every chunk of the images and decode
/// it, on all threads, nothing else. What a pipeline takes longer is its own.
///
///   rtdc_decode_bench FILE THREADS [FEATURE]      prints one line of JSON

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "parfocal/formats/hdf5/rtdc_file.h"

namespace parfocal {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/// Chunks are dealt out one by one; the first failure ends the thread that met it.
void decode_all(const ChunkReader& reader, std::atomic<int64_t>& next, std::atomic<bool>& failed) {
  std::vector<std::byte> chunk(static_cast<size_t>(reader.chunk_bytes()));
  ChunkScratch scratch;
  for (int64_t c = next++; c < reader.chunks(); c = next++) {
    const Status s = reader.read_chunk(c, chunk, scratch);
    if (s.ok()) continue;
    std::fprintf(stderr, "%s\n", s.issue().str().c_str());
    failed = true;
    return;
  }
}

int run(const std::string& path, int threads, const std::string& feature) {
  const double cpu = cpu_seconds();
  const auto start = Clock::now();
  const FeaturePlace place = RtdcFile::open(path)->place(feature);
  const ChunkReader reader(place.file, place.dataset);
  const double opening = seconds_since(start);
  std::atomic<int64_t> next = 0;
  std::atomic<bool> failed = false;
  {
    std::vector<std::jthread> workers;
    for (int t = 1; t < threads; ++t)
      workers.emplace_back([&] { decode_all(reader, next, failed); });
    decode_all(reader, next, failed);
  }
  const double seconds = seconds_since(start);
  const double megabytes = static_cast<double>(reader.items() * reader.item_bytes()) * 1e-6;
  std::printf(
      "{\"seconds\": %.6f, \"opening_seconds\": %.6f, \"cpu_seconds\": %.6f, \"frames\": %lld, "
      "\"frames_per_second\": %.1f, \"decoded_mb_per_second\": %.1f}\n",
      seconds, opening, cpu_seconds() - cpu, static_cast<long long>(reader.items()),
      static_cast<double>(reader.items()) / seconds, megabytes / seconds);
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace parfocal

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: rtdc_decode_bench FILE THREADS [FEATURE]\n");
    return 2;
  }
  try {
    return parfocal::run(argv[1], std::max(1, std::atoi(argv[2])), argc > 3 ? argv[3] : "image");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
