/// The physical limit of a reader of JPEGs: libjpeg alone, each file decoded row by row, nothing
/// kept.
///
///   jpeg_decode_bench THREADS FILE...
///
/// Prints one line of JSON: seconds from the first file to the last, the CPU seconds between, and
/// the sum of all bytes, so that none is decoded in vain.

#include <cstdio>  // before jpeglib.h, which does not include it

#include <jpeglib.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

namespace {

std::vector<unsigned char> bytes_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

uint64_t decode(const char* path) {
  const std::vector<unsigned char> bytes = bytes_of(path);
  jpeg_error_mgr errors;
  jpeg_decompress_struct jpeg;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, bytes.data(), bytes.size());
  jpeg_read_header(&jpeg, TRUE);
  jpeg_start_decompress(&jpeg);
  std::vector<unsigned char> row(size_t{jpeg.output_width} * jpeg.output_components);
  unsigned char* rows[] = {row.data()};
  uint64_t sum = 0;
  while (jpeg.output_scanline < jpeg.output_height) {
    jpeg_read_scanlines(&jpeg, rows, 1);
    sum += row[row.size() / 2];
  }
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  return sum;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: jpeg_decode_bench THREADS FILE...\n");
    return 2;
  }
  const int threads = std::atoi(argv[1]);
  std::atomic<int> next{2};
  std::atomic<uint64_t> sum{0};
  const auto start = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  std::vector<std::thread> workers;
  for (int i = 0; i < threads; ++i)
    workers.emplace_back([&] {
      for (int file = next++; file < argc; file = next++) sum += decode(argv[file]);
    });
  for (std::thread& worker : workers) worker.join();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  std::printf("{\"seconds\": %.6f, \"cpu_seconds\": %.6f, \"sum\": %llu}\n", wall.count(),
              cpu_seconds() - cpu, static_cast<unsigned long long>(sum.load()));
}
