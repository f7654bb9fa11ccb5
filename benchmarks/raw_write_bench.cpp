/// The physical limit of a writer: the same frames into one preallocated file, and nothing else.
///
///   raw_write_bench OUT FRAMES FRAME_BYTES RING_FILE RING_FRAMES HOW THREADS
///
/// HOW: `direct` writes around the page cache, `durable` also waits for the disk after each frame,
/// `buffered` writes through the page cache. THREADS frames are under way at a time. All end with
/// fdatasync. Prints one line of JSON; times start with the creation of the file.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "parfocal/planner/machine.h"

namespace parfocal {
namespace {

using Clock = std::chrono::steady_clock;
// Huge pages: on a virtual disk twice as fast as small ones, which are many pieces to the disk.
constexpr size_t kAlignment = size_t{2} << 20;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Freed {
  void operator()(std::byte* bytes) const { std::free(bytes); }
};

struct Job {
  std::string out;
  size_t frames = 0, frame_bytes = 0;
  std::string ring_file;
  size_t ring_frames = 0;
  std::string how;
  size_t threads = 1;
};

std::unique_ptr<std::byte, Freed> read_ring(const Job& job) {
  const size_t bytes = job.ring_frames * job.frame_bytes;
  std::unique_ptr<std::byte, Freed> ring(
      static_cast<std::byte*>(std::aligned_alloc(kAlignment, bytes)));
  if (ring) (void)::madvise(ring.get(), bytes, MADV_HUGEPAGE);
  std::ifstream file(job.ring_file, std::ios::binary);
  if (!ring || !file.read(reinterpret_cast<char*>(ring.get()), static_cast<std::streamsize>(bytes)))
    throw std::runtime_error("cannot read " + std::to_string(bytes) + " bytes of " + job.ring_file);
  return ring;
}

int create(const Job& job) {
  int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  if (job.how != "buffered") flags |= O_DIRECT;
  if (job.how == "durable") flags |= O_DSYNC;
  const int fd = ::open(job.out.c_str(), flags, 0644);
  if (fd < 0 || ::fallocate(fd, 0, 0, static_cast<off_t>(job.frames * job.frame_bytes)) != 0)
    throw std::runtime_error(job.out + ": " + std::strerror(errno));
  return fd;
}

bool write_all(int fd, const std::byte* bytes, size_t n, size_t at) {
  while (n > 0) {
    const ssize_t done = ::pwrite(fd, bytes, n, static_cast<off_t>(at));
    if (done <= 0) return false;
    bytes += done;
    n -= static_cast<size_t>(done);
    at += static_cast<size_t>(done);
  }
  return true;
}

/// Writes all frames and returns the milliseconds each took.
std::vector<double> write_frames(const Job& job, int fd, const std::byte* ring) {
  std::vector<double> took_ms(job.frames);
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  std::vector<std::jthread> threads;
  for (size_t t = 0; t < job.threads; ++t)
    threads.emplace_back([&] {
      for (size_t i = next++; i < job.frames && !failed; i = next++) {
        const auto start = Clock::now();
        const std::byte* frame = ring + i % job.ring_frames * job.frame_bytes;
        if (!write_all(fd, frame, job.frame_bytes, i * job.frame_bytes)) failed = true;
        took_ms[i] = 1000 * seconds_since(start);
      }
    });
  threads.clear();
  if (failed) throw std::runtime_error("cannot write " + job.out);
  return took_ms;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The smallest value that at least the share of all values does not exceed.
double quantile(const std::vector<double>& sorted, double share) {
  const auto rank = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<size_t>(rank, 1) - 1];
}

void run(const Job& job) {
  const auto ring = read_ring(job);
  const double cpu_before = cpu_seconds();
  const auto start = Clock::now();
  const int fd = create(job);
  std::vector<double> took_ms = write_frames(job, fd, ring.get());
  const double append = seconds_since(start);
  if (::fdatasync(fd) != 0 || ::close(fd) != 0) throw std::runtime_error("cannot sync " + job.out);
  const double all = seconds_since(start);
  std::sort(took_ms.begin(), took_ms.end());
  std::printf(
      "{\"seconds_append\": %.6f, \"seconds_close\": %.6f, \"bytes\": %zu, \"latencies_ms\": "
      "{\"p50\": %.4f, \"p99\": %.4f, \"p999\": %.4f, \"max\": %.4f}, \"peak_rss_bytes\": %lld, "
      "\"cpu_seconds\": %.4f}\n",
      append, all - append, job.frames * job.frame_bytes, quantile(took_ms, 0.5),
      quantile(took_ms, 0.99), quantile(took_ms, 0.999), took_ms.back(),
      static_cast<long long>(peak_rss_bytes()), cpu_seconds() - cpu_before);
}

Job parse(char** argv) {
  const auto count = [](const char* text) { return static_cast<size_t>(std::stoull(text)); };
  return {argv[1],        count(argv[2]), count(argv[3]), argv[4],
          count(argv[5]), argv[6],        count(argv[7])};
}

}  // namespace
}  // namespace parfocal

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr,
                 "raw_write_bench OUT FRAMES FRAME_BYTES RING_FILE RING_FRAMES "
                 "direct|durable|buffered THREADS\n");
    return 2;
  }
  try {
    parfocal::run(parfocal::parse(argv));
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
