/// The kernels of the count job on one 2048 x 2048 frame of nuclei, one thread: where its time
/// goes.

#include <benchmark/benchmark.h>

#include <vector>

#include "parfocal/core/io.h"
#include "parfocal/graph/yaml.h"
#include "parfocal/kernels/bitmask.h"
#include "parfocal/kernels/compare.h"
#include "parfocal/kernels/histogram.h"
#include "parfocal/kernels/label.h"
#include "parfocal/kernels/regions.h"

namespace parfocal {
namespace {

constexpr int64_t kSide = 2048;
constexpr size_t kPixels = kSide * kSide;

// Every stage of the job, computed once.
struct Frame {
  std::vector<uint16_t> image = std::vector<uint16_t>(kPixels);
  std::vector<uint8_t> mask = std::vector<uint8_t>(kPixels), clean = mask;
  std::vector<uint32_t> labels = std::vector<uint32_t>(kPixels);
  std::vector<uint32_t> counts = std::vector<uint32_t>(65536);
  std::vector<kernels::Chord> chords = std::vector<kernels::Chord>(16);
  std::vector<uint64_t> scratch;  // words, so that it is aligned enough
  size_t level = 0;
  uint32_t objects = 0;

  template <class T>
  static kernels::Plane<T> plane(std::vector<T>& pixels) {
    return {pixels.data(), kSide, kSide, kSide};
  }
  template <class T>
  static kernels::Plane<const T> input(const std::vector<T>& pixels) {
    return {pixels.data(), kSide, kSide, kSide};
  }
  kernels::Footprint disk() const { return {chords.data(), static_cast<int64_t>(chords.size())}; }
  void* aligned() {
    return reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64);
  }

  void histogram() { kernels::histogram_u16(input(image), counts.data(), aligned()); }
  void otsu() { level = kernels::otsu_level(counts.data(), counts.size()); }
  void threshold() { kernels::greater(input(image), static_cast<double>(level), plane(mask)); }
  void open() { kernels::open(input(mask), {0, 0, kSide, kSide}, plane(clean), disk(), aligned()); }
  void label() {
    objects = kernels::label(input(clean), kernels::Connectivity::eight, plane(labels), aligned());
  }
  void measure() {
    std::vector<kernels::RegionSums> regions(objects + 1);
    std::vector<kernels::IntensitySums<uint16_t>> intensities(objects + 1);
    kernels::measure_regions<uint16_t>(input(labels), input(image), 0, 0, objects, regions.data(),
                                       intensities.data());
    benchmark::DoNotOptimize(regions.data());
    benchmark::DoNotOptimize(intensities.data());
  }

  Frame() {
    chords.resize(static_cast<size_t>(kernels::disk_chords(3, chords.data(), 16)));
    scratch.resize(16 + (kernels::kHistogramU16ScratchBytes +
                         kernels::open_scratch_bytes(kSide, disk()) +
                         kernels::label_scratch_bytes(kSide, kSide, kernels::Connectivity::eight)) /
                            8);
    draw();
    histogram();
    otsu();
    threshold();
    open();
    label();
  }
  void draw() {
    const std::string text =
        "parfocal: 1\nsource: {type: generator, kind: nuclei, cells: 500, size: {t: 1, y: 2048, x: "
        "2048}}\nsinks: [{type: ome_zarr, from: source, path: unused.ome.zarr}]\n";
    const SourceInfo* info = sources().find("generator");
    std::vector<Issue> issues;
    const auto source = info->open(
        info->params.parse(parse_pipeline(text, ".", "frame").source.params, "source", issues),
        {"."});
    FrameHeader header;
    (void)source->read(0,
                       packed_view(reinterpret_cast<std::byte*>(image.data()), DType::u16,
                                   source->layout().whole_item()),
                       header);
  }
};

Frame& frame() {
  static Frame f;
  return f;
}

template <void (Frame::*step)()>
void run(benchmark::State& state) {
  Frame& f = frame();
  for (auto _ : state) (f.*step)();
}
BENCHMARK(run<&Frame::histogram>)->Name("histogram")->Unit(benchmark::kMillisecond);
BENCHMARK(run<&Frame::otsu>)->Name("otsu level")->Unit(benchmark::kMillisecond);
BENCHMARK(run<&Frame::threshold>)->Name("threshold")->Unit(benchmark::kMillisecond);
BENCHMARK(run<&Frame::open>)->Name("open disk(3)")->Unit(benchmark::kMillisecond);
BENCHMARK(run<&Frame::label>)->Name("label")->Unit(benchmark::kMillisecond);
BENCHMARK(run<&Frame::measure>)->Name("measure")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace parfocal

BENCHMARK_MAIN();
