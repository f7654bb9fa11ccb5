/// What the engine itself costs per frame: steps that nearly do nothing, on small frames.
///
///   overhead_bench FRAMES SIDE STEPS THREADS fused|queues      prints one line of JSON

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "parfocal/engine/run.h"
#include "parfocal/graph/yaml.h"

namespace parfocal {
namespace {

struct NoParams {};

// Looks at one pixel of every frame, so that nothing can be left out.
class DiscardSink final : public Sink {
 public:
  int64_t resident_bytes() const override { return 0; }
  int64_t disk_bytes() const override { return 0; }
  void open() override {}
  Status write(std::span<const Input> in) override {
    if (in[0].gap) return Status::fail("a frame is missing");
    sum_ += *in[0].image.as<uint16_t>();
    return {};
  }
  Status close(const Outcome&) override { return {}; }
  std::vector<std::filesystem::path> paths() const override { return {}; }

 private:
  uint64_t sum_ = 0;
};

PARFOCAL_SINK(discard) {
  SinkInfo info;
  info.name = "discard";
  info.summary = "Takes everything and keeps nothing";
  info.accepts = {PortKind::image};
  info.params = Parameters<NoParams>();
  info.make = [](const std::any&, std::span<const SinkInput>, const SinkContext&) {
    return std::make_unique<DiscardSink>();
  };
  info.test_only = true;
  return info;
}

std::string pipeline_text(const std::string& frames, const std::string& side, int steps) {
  std::string text = "parfocal: 1\nsource: {type: generator, kind: sequence, size: {t: " + frames +
                     ", y: " + side + ", x: " + side + "}}\n";
  std::string last = "source";
  for (int s = 0; s < steps; ++s) {
    text += s == 0 ? "steps:\n" : "";
    text += "  - {id: s" + std::to_string(s) + ", op: test_add, constant: 1, from: " + last + "}\n";
    last = "s" + std::to_string(s);
  }
  return text + "sinks: [{type: discard, from: " + last + "}]\n";
}

int run(const std::vector<std::string>& args) {
  if (args.size() != 5)
    throw std::invalid_argument("overhead_bench FRAMES SIDE STEPS THREADS fused|queues");
  PlanOptions options;
  options.threads = std::stoi(args[3]);
  options.fuse = args[4] == "fused";
  options.out_dir =
      std::filesystem::temp_directory_path() / ("parfocal-overhead-" + std::to_string(getpid()));
  std::filesystem::remove_all(options.out_dir);
  const std::string text = pipeline_text(args[0], args[1], std::stoi(args[2]));
  const Plan plan = make_plan(parse_pipeline(text, ".", "overhead"), options);
  const RunRecord record = run_plan(plan, {});
  std::filesystem::remove_all(options.out_dir);
  if (record.exit_code != 0) throw std::runtime_error(record.json());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double frames = std::stod(args[0]);
  std::printf(
      "{\"cpu_us\": %.3f, \"wall_us\": %.3f, \"peak_mb\": %.1f, \"sleeps_per_frame\": %.4f, "
      "\"stages\": %zu}\n",
      record.cpu_seconds * 1e6 / frames, record.seconds * 1e6 / frames,
      static_cast<double>(record.peak_rss_bytes) / 1048576,
      static_cast<double>(usage.ru_nvcsw) / frames, plan.passes[0].stages.size());
  return 0;
}

}  // namespace
}  // namespace parfocal

int main(int argc, char** argv) {
  try {
    return parfocal::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
