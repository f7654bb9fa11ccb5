/// The kernels of the flow backgrounds on frames of 80 x 400, one thread.

#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "parfocal/kernels/order_statistic.h"
#include "parfocal/kernels/rolling_rank.h"

namespace parfocal {
namespace {

constexpr size_t kPixels = 80 * 400;

/// Frames as a camera sees a channel: a fixed pattern with noise, and now and then a dark cell.
/// `noise` 0 = every level equally likely.
template <class T>
std::vector<std::vector<T>> frames_of(size_t count, uint32_t noise, uint32_t level) {
  std::mt19937 random(1);
  std::vector<std::vector<T>> frames(count, std::vector<T>(kPixels));
  for (auto& frame : frames) {
    for (size_t i = 0; i < kPixels; ++i) {
      if (noise == 0) {
        frame[i] = static_cast<T>(random());
        continue;
      }
      uint32_t sum = 0;  // four terms: near enough to a normal distribution
      for (int k = 0; k < 4; ++k) sum += random() % noise;
      frame[i] = static_cast<T>(level + i % 13 + sum);
    }
    if (noise != 0 && random() % 4 == 0)
      for (size_t y = 30; y < 50; ++y)
        for (size_t x = 0; x < 20; ++x) frame[y * 400 + 100 + x] /= 2;
  }
  return frames;
}

template <class T>
void order_statistic(benchmark::State& state) {
  const auto frames =
      frames_of<T>(static_cast<size_t>(state.range(0)), static_cast<uint32_t>(state.range(1)), 140);
  std::vector<const T*> pointers;
  for (const auto& frame : frames) pointers.push_back(frame.data());
  std::vector<uint64_t> scratch(kernels::order_statistic_scratch_bytes(frames.size()) / 8 + 8);
  void* aligned =
      reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64);
  std::vector<T> out(kPixels);
  for (auto _ : state) {
    kernels::order_statistic<T>(pointers, frames.size() / 2, kPixels, out.data(), aligned);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(order_statistic<uint8_t>)
    ->ArgNames({"k", "noise"})
    ->Args({200, 8})
    ->Args({200, 0})
    ->Args({2000, 8})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(order_statistic<uint16_t>)
    ->ArgNames({"k", "noise"})
    ->Args({200, 60})
    ->Args({200, 0})
    ->Unit(benchmark::kMillisecond);

/// One frame in, one frame out, and the median: what one frame of the rolling background takes.
template <class T>
void rolling_median(benchmark::State& state) {
  const auto window = static_cast<size_t>(state.range(0));
  const auto frames = frames_of<T>(window + 500, static_cast<uint32_t>(state.range(1)), 140);
  const auto aligned = [](std::vector<uint64_t>& memory, size_t bytes) {
    memory.resize(bytes / 8 + 8);
    return reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(memory.data()) + 63) / 64 * 64);
  };
  std::vector<uint64_t> state_memory, scratch_memory, out_memory;
  void* rolling = aligned(state_memory, kernels::rolling_state_bytes<T>(kPixels, window));
  void* scratch = aligned(scratch_memory, kernels::rolling_scratch_bytes(window));
  T* out = static_cast<T*>(aligned(out_memory, kPixels * sizeof(T)));
  std::vector<const T*> inside;
  kernels::rolling_begin<T>(rolling, kPixels, window);
  for (size_t f = 0; f < window; ++f) {
    inside.push_back(frames[f].data());
    kernels::rolling_replace<T>(rolling, kPixels, window, nullptr, frames[f].data());
  }
  size_t next = window;
  for (auto _ : state) {
    const T* entering = frames[next % frames.size()].data();
    kernels::rolling_replace<T>(rolling, kPixels, window, inside[next % window], entering);
    inside[next % window] = entering;
    kernels::rolling_value<T>(rolling, kPixels, window, inside, window / 2, out, scratch);
    benchmark::DoNotOptimize(out);
    benchmark::ClobberMemory();
    ++next;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(rolling_median<uint8_t>)
    ->ArgNames({"k", "noise"})
    ->Args({100, 8})
    ->Args({100, 0})
    ->Args({400, 8})
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(rolling_median<uint16_t>)
    ->ArgNames({"k", "noise"})
    ->Args({100, 8})
    ->Args({100, 60})
    ->Args({100, 0})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace parfocal

BENCHMARK_MAIN();
