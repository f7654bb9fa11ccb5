/// Halving frames of 2048 x 2048 for image pyramids, one thread, beside a copy of the frame and
/// beside the loop one would write first. Bytes per second are bytes of input.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <type_traits>
#include <vector>

#include "parfocal/formats/zarr/writer/pyramid.h"
#include "parfocal/kernels/downsample.h"
#include "parfocal/kernels/downsample_labels.h"

namespace parfocal {
namespace {

constexpr int64_t kSide = 2048;
constexpr int64_t kFrames = 8;  // more than caches hold, as frames that come from a camera

template <class T>
struct Frames {
  std::vector<T> pixels = std::vector<T>(kFrames * kSide * kSide);
  std::vector<T> copy = std::vector<T>(kSide * kSide);
  std::vector<kernels::block_sum_t<T>> sums =
      std::vector<kernels::block_sum_t<T>>(kSide * kSide / 4);
  int64_t next = 0;

  Frames() {
    std::mt19937 random(1);
    for (T& pixel : pixels) pixel = static_cast<T>(random() >> 8);
  }
  kernels::Plane<const T> frame() {
    next = (next + 1) % kFrames;
    return {pixels.data() + next * kSide * kSide, kSide, kSide, kSide};
  }
  kernels::Plane<T> half() { return {copy.data(), kSide / 2, kSide / 2, kSide / 2}; }
  kernels::Plane<kernels::block_sum_t<T>> half_sums() {
    return {sums.data(), kSide / 2, kSide / 2, kSide / 2};
  }

  void copy_frame() { std::memcpy(copy.data(), frame().data, sizeof(T) * kSide * kSide); }
  void mean() { kernels::mean_2x2<T>(frame(), half()); }
  void first_of_pair() { kernels::sum_2x2<T>(frame(), half_sums()); }
  void second_of_pair() {
    kernels::mean_2x2x2<T>({sums.data(), kSide / 2, kSide / 2, kSide / 2}, frame(), half());
  }
  void nearest() { kernels::nearest_2x2<T>(frame(), half()); }
  void mode() {
    if constexpr (std::is_integral_v<T>) kernels::mode_2x2<T>(frame(), half());
  }
  void plain_loop() {
    const auto image = frame();
    for (int64_t y = 0; y < kSide / 2; ++y) {
      for (int64_t x = 0; x < kSide / 2; ++x) {
        const T* upper = image.row(2 * y) + 2 * x;
        const T* lower = upper + image.stride;
        if constexpr (std::is_integral_v<T>) {
          const int64_t sum = int64_t{upper[0]} + upper[1] + lower[0] + lower[1];
          copy[y * kSide / 2 + x] = static_cast<T>((sum + 1 + (sum >> 2 & 1)) >> 2);
        } else {
          copy[y * kSide / 2 + x] = (upper[0] + upper[1] + lower[0] + lower[1]) / 4;
        }
      }
    }
  }
};

template <class T, void (Frames<T>::*step)()>
void run(benchmark::State& state) {
  static Frames<T> frames;
  for (auto _ : state) {
    (frames.*step)();
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * kSide * kSide * static_cast<int64_t>(sizeof(T)));
}

#define PARFOCAL_BENCH(T, step) \
  BENCHMARK(run<T, &Frames<T>::step>)->Name(#T " " #step)->Unit(benchmark::kMicrosecond)
#define PARFOCAL_BENCHES(T)         \
  PARFOCAL_BENCH(T, copy_frame);    \
  PARFOCAL_BENCH(T, plain_loop);    \
  PARFOCAL_BENCH(T, mean);          \
  PARFOCAL_BENCH(T, first_of_pair); \
  PARFOCAL_BENCH(T, second_of_pair)
PARFOCAL_BENCHES(uint8_t);
PARFOCAL_BENCHES(uint16_t);
PARFOCAL_BENCHES(int16_t);
PARFOCAL_BENCHES(uint32_t);
PARFOCAL_BENCHES(float);
PARFOCAL_BENCHES(double);
PARFOCAL_BENCH(uint16_t, nearest);
PARFOCAL_BENCH(uint16_t, mode);
PARFOCAL_BENCH(uint32_t, mode);

/// Levels of 2048 x 2048 u16 frames in chunks of 256 x 256, from tiles into tiles.
void pyramid(benchmark::State& state) {
  const bool pool_z = state.range(0) != 0;
  ImageSpec image;
  image.axes = {{"z", 1000, 1, "", {}}, {"y", kSide, 1, "", {}}, {"x", kSide, 1, "", {}}};
  image.pool_z = pool_z;
  std::vector<ArraySpec> levels(5);
  for (size_t k = 0; k < levels.size(); ++k) {
    levels[k].dtype = DType::u16;
    levels[k].shape = {pool_z ? 1000 >> k : 1000, kSide >> k, kSide >> k};
    levels[k].chunk = {1, 256, 256};
    levels[k].chunk[1] = levels[k].chunk[2] = std::min<int64_t>(256, kSide >> k);
  }
  Pyramid pyramid(image, levels, 1);
  Pyramid::Buffers buffers(pyramid);
  Pyramid::Made made;
  Frames<uint16_t> frames;
  int64_t z = 0;
  for (auto _ : state) {
    const auto* tiles = reinterpret_cast<const std::byte*>(frames.frame().data);
    if (!pyramid.add({z}, tiles, buffers, made).ok()) state.SkipWithError("full");
    z = (z + 1) % 992;  // whole pairs of all levels
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * kSide * kSide * 2);
}
BENCHMARK(pyramid)->Name("uint16_t pyramid y x")->Arg(0)->Unit(benchmark::kMicrosecond);
BENCHMARK(pyramid)->Name("uint16_t pyramid z y x")->Arg(1)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace parfocal

BENCHMARK_MAIN();
