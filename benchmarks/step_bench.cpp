/// One step that maps an image to an image, on one frame in memory, one thread.
///
///     step_bench '{op: median, size: 5}' DTYPE SIDE FRAME.raw RUNS OUT.raw
///
/// Prints a line of JSON: seconds of the runs after a first one, and the peak memory.

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "parfocal/core/operator_info.h"
#include "parfocal/graph/yaml.h"

namespace parfocal {
namespace {

DType dtype_of(const std::string& word) {
  DType dtype{};
  if (const auto problem = ParamTraits<DType>::parse(RawValue::scalar(word), dtype))
    throw std::runtime_error(word + " " + *problem);
  return dtype;
}

// The step is read as that of a pipeline.
std::unique_ptr<Operator> bind(const std::string& step, const PortLayout& in) {
  const Pipeline pipeline =
      parse_pipeline("parfocal: 1\nsource: {type: generator, size: {t: 1, y: 1, x: 1}}\nsteps: [" +
                         step + "]\nsinks: [{type: ome_zarr, path: unused.ome.zarr}]\n",
                     ".", "bench");
  const OperatorInfo* info = operators().find(pipeline.steps[0].op);
  if (!info || !info->make) throw std::runtime_error("no step that maps: " + step);
  std::vector<Issue> issues;
  const std::any params = info->params.parse(pipeline.steps[0].params, info->name, issues);
  if (!issues.empty()) throw std::runtime_error(issues[0].what);
  std::vector<PortLayout> ports(info->inputs.size(), no_port());
  ports[0] = in;
  return info->make(params, ports);
}

// Of this program alone: getrusage would count the process that started it as well.
double peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

// Memory that is aligned as the engine's.
struct Block {
  std::vector<std::byte> bytes;
  explicit Block(int64_t size) : bytes(static_cast<size_t>(size) + 64) {}
  std::byte* data() {
    return reinterpret_cast<std::byte*>((reinterpret_cast<uintptr_t>(bytes.data()) + 63) / 64 * 64);
  }
};

int run(int argc, char** argv) {
  if (argc != 7) throw std::runtime_error("step_bench STEP DTYPE SIDE FRAME.raw RUNS OUT.raw");
  const int64_t side = std::stoll(argv[3]);
  Layout layout{dtype_of(argv[2]),
                {{"t", 1, 1, "", {}}},
                {{"y", side, 1, "", {}}, {"x", side, 1, "", {}}},
                {}};
  const PortLayout in = image_port(layout);
  const auto bound = bind(argv[1], in);
  const auto& op = dynamic_cast<const MapOperator&>(*bound);
  const Layout& out = op.outputs()[0].layout;
  const auto bytes = [](const Layout& l) {
    return l.item_count() * static_cast<int64_t>(dtype_size(l.dtype));
  };
  Block pixels(bytes(layout)), result(bytes(out)), scratch(op.scratch_bytes(out.whole_item()));
  std::ifstream(argv[4], std::ios::binary)
      .read(reinterpret_cast<char*>(pixels.data()), bytes(layout));

  FrameHeader header;
  std::vector<Input> inputs(op.inputs().size());
  inputs[0].header = &header;
  inputs[0].image = packed_view<const std::byte>(pixels.data(), layout.dtype, layout.whole_item());
  std::vector<Output> outputs(1);
  outputs[0].image = packed_view(result.data(), out.dtype, out.whole_item());
  const std::span<std::byte> room(scratch.data(), scratch.bytes.size() - 64);
  const auto once = [&] {
    if (const Status s = op.compute(inputs, outputs, room); !s.ok())
      throw std::runtime_error(s.issue().what);
  };
  once();
  const int runs = std::stoi(argv[5]);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < runs; ++i) once();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::ofstream(argv[6], std::ios::binary)
      .write(reinterpret_cast<const char*>(result.data()), bytes(out));
  std::printf("{\"seconds\": %.9f, \"peak_mb\": %.1f}\n", took.count() / runs, peak_mb());
  return 0;
}

}  // namespace
}  // namespace parfocal

int main(int argc, char** argv) {
  try {
    return parfocal::run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
