/// The steps from a frame of a flow channel to its events, one thread: frames of 80 x 400 with two
/// cells of about 1,000 pixels and one of 100, noise of two grey levels.

#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "parfocal/core/operator_info.h"
#include "parfocal/kernels/below_background.h"
#include "parfocal/kernels/bounding_box.h"
#include "parfocal/kernels/fill_holes.h"
#include "parfocal/kernels/haralick.h"
#include "parfocal/kernels/label.h"
#include "parfocal/kernels/object_pixels.h"

namespace parfocal {
namespace {

constexpr int64_t kWidth = 400, kHeight = 80;
constexpr int kEvents = 3;

struct Cell {
  double x, y, rx, ry;
};
constexpr Cell kCells[kEvents] = {{90, 38, 25, 13}, {230, 42, 22, 15}, {340, 30, 7, 5}};

// Memory at 64 bytes, as the engine gives it.
struct Scratch {
  std::vector<std::byte> bytes;
  explicit Scratch(int64_t size) : bytes(static_cast<size_t>(size) + 64) {}
  std::span<std::byte> span() {
    const auto address = reinterpret_cast<uintptr_t>(bytes.data());
    const size_t skip = (64 - address % 64) % 64;
    return {bytes.data() + skip, bytes.size() - 64};
  }
};

struct Frame {
  std::vector<uint8_t> image, background;
  double offset = -0.3795;

  Frame() {
    uint32_t random = 7;
    for (int64_t y = 0; y < kHeight; ++y)
      for (int64_t x = 0; x < kWidth; ++x) {
        random = random * 1664525 + 1013904223;
        int value = 178 + static_cast<int>(random >> 30);
        for (const Cell& c : kCells) {
          const double r = std::hypot((static_cast<double>(x) - c.x) / c.rx,
                                      (static_cast<double>(y) - c.y) / c.ry);
          if (r < 1) value = 110 + static_cast<int>(random >> 26) + static_cast<int>(20 * r);
        }
        image.push_back(static_cast<uint8_t>(value));
        background.push_back(static_cast<uint8_t>(180 + y % 2));
      }
  }
};

const Frame& frame() {
  static const Frame f;
  return f;
}
kernels::Plane<const uint8_t> plane_of(const std::vector<uint8_t>& pixels) {
  return {pixels.data(), kWidth, kHeight, kWidth};
}
PortLayout port(DType dtype, bool number) {
  Layout layout{dtype, {{"t", 1, 1, "", {}}}, {}, {}};
  if (!number) layout.item = {{"y", kHeight, 0.34, "um", {}}, {"x", kWidth, 0.34, "um", {}}};
  return image_port(layout);
}
std::unique_ptr<Operator> bind(const std::string& op, const std::string& key,
                               const std::string& value, const std::vector<PortLayout>& inputs) {
  const OperatorInfo& info = *operators().find(op);
  RawValue params = RawValue::map();
  if (!key.empty()) params.set(key, RawValue::scalar(value));
  std::vector<Issue> issues;
  return info.make(info.params.parse(params, op, issues), inputs);
}
Input input(const std::byte* data, DType dtype, bool number) {
  Input in;
  in.image = packed_view(data, dtype, number ? Region{} : Region::whole({kHeight, kWidth}));
  return in;
}
template <class T>
const std::byte* bytes_of(const T* data) {
  return reinterpret_cast<const std::byte*>(data);
}

// The map behind segment_below_background, on the frame.
struct Segmentation {
  std::unique_ptr<Operator> op =
      bind("labels_below_background", "", "",
           {port(DType::u8, false), port(DType::u8, false), port(DType::f64, true)});
  const MapOperator& map = dynamic_cast<const MapOperator&>(*op);
  Scratch scratch{map.scratch_bytes(Region::whole({kHeight, kWidth}))};
  std::vector<uint16_t> labels = std::vector<uint16_t>(kWidth * kHeight);

  bool run() {
    const Input in[3] = {input(bytes_of(frame().image.data()), DType::u8, false),
                         input(bytes_of(frame().background.data()), DType::u8, false),
                         input(bytes_of(&frame().offset), DType::f64, true)};
    Output out[1];
    out[0].image = packed_view(reinterpret_cast<std::byte*>(labels.data()), DType::u16,
                               Region::whole({kHeight, kWidth}));
    return map.compute(in, out, scratch.span()).ok();
  }
};

void segment(benchmark::State& state) {
  Segmentation s;
  for (auto _ : state)
    if (!s.run()) state.SkipWithError("failed");
}
BENCHMARK(segment)->Name("segment, a frame")->Unit(benchmark::kMicrosecond);

void features(benchmark::State& state) {
  Segmentation s;
  if (!s.run()) return state.SkipWithError("failed");
  const auto op = bind("flow_features", "haralick", state.range(0) ? "true" : "false",
                       {port(DType::u16, false), port(DType::u8, false), port(DType::u8, false),
                        port(DType::f64, true)});
  const auto& map = dynamic_cast<const MapOperator&>(*op);
  Scratch scratch(map.scratch_bytes(Region{}));
  const TableSchema& schema = map.outputs()[0].table;
  std::vector<std::byte> rows(static_cast<size_t>(schema.bytes()));
  int64_t counts[2] = {};
  const Input in[4] = {input(bytes_of(s.labels.data()), DType::u16, false),
                       input(bytes_of(frame().image.data()), DType::u8, false),
                       input(bytes_of(frame().background.data()), DType::u8, false),
                       input(bytes_of(&frame().offset), DType::f64, true)};
  Output out[3];
  out[0].table = {&schema, rows.data(), 0};
  for (size_t i = 0; i < 2; ++i)
    out[i + 1].image = packed_view(reinterpret_cast<std::byte*>(counts + i), DType::i64, Region{});
  for (auto _ : state)
    if (!map.compute(in, out, scratch.span()).ok()) return state.SkipWithError("failed");
  if (counts[0] != kEvents) state.SkipWithError("found another number of events");
  state.counters["per_event"] = benchmark::Counter(
      kEvents, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
BENCHMARK(features)
    ->Name("features of a frame with 3 events, texture")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMicrosecond);

void compare(benchmark::State& state) {
  std::vector<uint8_t> mask(kWidth * kHeight);
  for (auto _ : state) {
    kernels::at_most_above<uint8_t>(plane_of(frame().image), plane_of(frame().background), -7,
                                    {mask.data(), kWidth, kHeight, kWidth});
    benchmark::DoNotOptimize(mask.data());
  }
}
BENCHMARK(compare)->Name("compare with the background")->Unit(benchmark::kMicrosecond);

std::vector<uint8_t> mask_of_frame() {
  std::vector<uint8_t> mask(kWidth * kHeight);
  kernels::at_most_above<uint8_t>(plane_of(frame().image), plane_of(frame().background), -7,
                                  {mask.data(), kWidth, kHeight, kWidth});
  return mask;
}
void box(benchmark::State& state) {
  const std::vector<uint8_t> mask = mask_of_frame();
  for (auto _ : state) benchmark::DoNotOptimize(kernels::bounding_box(plane_of(mask)));
}
BENCHMARK(box)->Name("bounding box of all objects")->Unit(benchmark::kMicrosecond);

void fill(benchmark::State& state) {
  std::vector<uint8_t> mask = mask_of_frame();
  Scratch scratch(static_cast<int64_t>(kernels::fill_from_corner_scratch_bytes(kWidth, kHeight)));
  for (auto _ : state)
    kernels::fill_from_corner({mask.data(), kWidth, kHeight, kWidth}, scratch.span().data());
}
BENCHMARK(fill)->Name("fill from the corner")->Unit(benchmark::kMicrosecond);

void median(benchmark::State& state) {
  Scratch scratch(static_cast<int64_t>(kernels::plane_median_scratch_bytes<uint8_t>()));
  for (auto _ : state)
    benchmark::DoNotOptimize(
        kernels::plane_median<uint8_t>(plane_of(frame().background), scratch.span().data()));
}
BENCHMARK(median)->Name("median of the background")->Unit(benchmark::kMicrosecond);

void texture(benchmark::State& state) {
  // The first cell by its box, background left out.
  const auto width = static_cast<int64_t>(2 * kCells[0].rx),
             height = static_cast<int64_t>(2 * kCells[0].ry);
  std::vector<uint8_t> levels;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      const uint8_t v = frame().image[static_cast<size_t>((25 + y) * kWidth + 65 + x)];
      levels.push_back(v > 170 ? 0 : static_cast<uint8_t>(v - 100));
    }
  Scratch scratch(static_cast<int64_t>(kernels::haralick_scratch_bytes()));
  kernels::TextureRange out;
  for (auto _ : state)
    benchmark::DoNotOptimize(
        kernels::haralick({levels.data(), width, height, width}, out, scratch.span().data()));
}
BENCHMARK(texture)->Name("texture of 1,000 pixels")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace parfocal

BENCHMARK_MAIN();
