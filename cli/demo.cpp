#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "commands.h"
#include "demo_parts.h"
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

[[noreturn]] void fail_exists(const std::string& name, const fs::path& dir) {
  fs::path other;
  for (int i = 2; i == 2 || fs::exists(other); ++i) other = dir.string() + "-" + std::to_string(i);
  throw Error(ErrorCode::output_exists,
              {"the folder of the demo exists", dir.string(), "", "a new folder",
               "parfocal demo " + name + " --dir " + shell_line({other.string()})});
}

/// Writes the frames of the synthetic movie as frame_000.tif...; returns their number.
int64_t write_movie(const fs::path& dir, int64_t seed) {
  const auto source = open_nuclei(seed, 40);
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

void print_lines_of_cells(const fs::path& dir) {
  const std::string pipeline = shell_line({(dir / "cells.yaml").string()});
  message(
      fmt::format("\nto try:\n"
                  "  parfocal plan {0} --explain\n"
                  "  parfocal run {0} --set smooth.sigma=2px --out {1}\n"
                  "  parfocal ops threshold",
                  pipeline, shell_line({(dir / "results-2px").string()})));
  print_next({"parfocal", "info", (dir / "results" / "smooth.ome.zarr").string()});
}

int64_t write_cells(const fs::path& dir, int64_t seed) {
  const int64_t frames = write_movie(dir / "movie", seed);
  message(fmt::format("wrote {} of moving, dividing nuclei to {}", counted(frames, "frame"),
                      (dir / "movie").string()));
  return frames;
}

const Demo kDemos[] = {
    {"cells", "parfocal-demo", "cells.yaml", kPipeline, write_cells, print_lines_of_cells},
    {"lesson", "parfocal-lesson", "lesson.yaml", kLessonPipeline, write_lesson,
     print_lines_of_lesson}};

}  // namespace

std::unique_ptr<Source> open_nuclei(int64_t seed, int64_t frames) {
  const SourceInfo& generator = *sources().find("generator");
  RawValue size = RawValue::map();
  size.set("t", RawValue::scalar(std::to_string(frames)));
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

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream stream(path, std::ios::binary);
  stream << text;
  stream.close();
  if (!stream)
    throw Error(ErrorCode::run_failed, {"cannot write " + path.string(), "", "", "", ""});
}

std::vector<std::string> demo_names() {
  std::vector<std::string> names;
  for (const Demo& demo : kDemos) names.emplace_back(demo.name);
  return names;
}

int demo(const DemoArguments& arguments) {
  const Demo& of = *std::find_if(std::begin(kDemos), std::end(kDemos),
                                 [&](const Demo& d) { return d.name == arguments.name; });
  const fs::path dir = arguments.dir.empty() ? fs::path(of.folder) : arguments.dir;
  if (fs::exists(dir)) fail_exists(arguments.name, dir);
  const int64_t frames = of.write_images(dir, arguments.seed);
  RunArguments run;
  run.pipeline.file = dir / of.file;
  run.pipeline.out_dir = dir / "results";
  run.pipeline.words = {"parfocal", "run", run.pipeline.file.string(), "--out",
                        run.pipeline.out_dir.string()};
  run.progress = arguments.progress;
  write_text(run.pipeline.file, of.pipeline);
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
  if (ran.exit_code == 0) of.print_lines_to_try(dir);
  return ran.exit_code;
}

}  // namespace parfocal::cli
