#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "parfocal/core/io.h"
#include "parfocal/formats/tiff/tiff_writer.h"
#include "print.h"
#include "running.h"

namespace parfocal::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPipeline =
    R"(# Counts and measures the nuclei of a movie. Every line may be changed; try
#   parfocal check cells.yaml      parfocal ops threshold
parfocal: 1
memory: 256 MiB          # the run never takes more; `parfocal plan` says how much it needs

# The frames in natural order (2 before 10). A pixel is 0.65 um wide, a frame comes every 30 s.
source: {type: files, glob: "movie/*.tif", axes: tyx, scale: {t: 30 s, y: 0.65 um, x: 0.65 um}}

steps:                   # a step reads the step above it, or what `from` names
  - {id: smooth, op: gaussian, sigma: 1 px}                # a side fork, only to be saved
  - {id: mask, op: threshold, method: otsu, from: source}  # bright nuclei, one level a frame
  - {id: clean, op: open, footprint: disk(3)}              # removes what is smaller than a nucleus
  - {id: cells, op: label}                                 # 1, 2, 3... in every frame
  - {id: number, op: count}                                # a column of frames.csv
  - {id: objects, op: measure, from: cells, intensity: source,
     properties: [label, area, bbox, centroid, intensity_mean]}

sinks:                   # frames.csv is always written: one row for every expected frame
  - {type: ome_zarr, from: smooth, path: smooth.ome.zarr, labels: {cells: cells}}
  - {type: table, from: objects, path: objects.csv}
)";

[[noreturn]] void fail_exists(const fs::path& dir) {
  fs::path other;
  for (int i = 2; i == 2 || fs::exists(other); ++i) other = dir.string() + "-" + std::to_string(i);
  throw Error(ErrorCode::output_exists,
              {"the folder of the demo exists", dir.string(), "", "a new folder",
               "parfocal demo cells --dir " + shell_line({other.string()})});
}

std::unique_ptr<Source> open_nuclei(int64_t seed) {
  const SourceInfo& generator = *sources().find("generator");
  RawValue size = RawValue::map();
  size.set("t", RawValue::scalar("40"));
  size.set("y", RawValue::scalar("256"));
  size.set("x", RawValue::scalar("256"));
  RawValue params = RawValue::map();
  params.set("kind", RawValue::scalar("nuclei"));
  params.set("size", size);
  params.set("dtype", RawValue::scalar("uint8"));
  params.set("cells", RawValue::scalar("12"));
  params.set("seed", RawValue::scalar(std::to_string(seed)));
  std::vector<Issue> issues;
  const std::any parsed = generator.params.parse(params, "demo", issues);
  if (!issues.empty()) throw Error(ErrorCode::bad_command, issues);
  return generator.open(parsed, {});
}

void require(const Status& status) {
  if (!status.ok()) throw Error(ErrorCode::run_failed, status.issue());
}

/// Writes the frames of the synthetic movie as frame_000.tif...; returns their number.
int64_t write_movie(const fs::path& dir, int64_t seed) {
  const auto source = open_nuclei(seed);
  const Layout& layout = source->layout();
  std::vector<std::byte> pixels(static_cast<size_t>(layout.item_bytes()));
  const MutableView frame = packed_view(pixels.data(), layout.dtype, layout.whole_item());
  for (int64_t i = 0; i < layout.stream_count(); ++i) {
    FrameHeader header;
    require(source->read(i, frame, header));
    require(write_tiff(dir / fmt::format("frame_{:03}.tif", i), frame));
  }
  return layout.stream_count();
}

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream)
    throw Error(ErrorCode::run_failed, {"cannot write " + path.string(), "", "", "", ""});
}

void print_next(const fs::path& dir) {
  const std::string pipeline = shell_line({(dir / "cells.yaml").string()});
  const std::string results = shell_line({(dir / "results" / "smooth.ome.zarr").string()});
  message(
      fmt::format("\nnext, try:\n"
                  "  parfocal info {1}\n"
                  "  parfocal plan {0} --explain\n"
                  "  parfocal run {0} --set smooth.sigma=2px --out {2}\n"
                  "  parfocal ops threshold",
                  pipeline, results, shell_line({(dir / "results-2px").string()})));
}

}  // namespace

int demo(const DemoArguments& arguments) {
  const fs::path dir = arguments.dir.empty() ? fs::path("parfocal-demo") : arguments.dir;
  if (fs::exists(dir)) fail_exists(dir);
  const int64_t frames = write_movie(dir / "movie", arguments.seed);
  message(fmt::format("wrote {} of moving, dividing nuclei to {}", counted(frames, "frame"),
                      (dir / "movie").string()));
  RunArguments run;
  run.pipeline.file = dir / "cells.yaml";
  run.pipeline.out_dir = dir / "results";
  run.pipeline.words = {"parfocal", "run", run.pipeline.file.string(), "--out",
                        run.pipeline.out_dir.string()};
  run.progress = arguments.progress;
  write_text(run.pipeline.file, kPipeline);
  message("running: " + shell_line(run.pipeline.words));

  const Ran ran = execute(run);
  std::vector<std::string> outputs;
  for (const fs::path& path : ran.record.outputs) outputs.push_back(path.string());
  if (arguments.json) {
    result(json_text({{"schema", "parfocal.demo/1"},
                      {"pipeline", run.pipeline.file.string()},
                      {"frames", frames},
                      {"outputs", outputs},
                      {"exit_code", ran.exit_code}}));
    return ran.exit_code;
  }
  print_record(ran.record, run);
  for (const std::string& path : outputs) result(path);
  if (ran.exit_code == 0) print_next(dir);
  return ran.exit_code;
}

}  // namespace parfocal::cli
