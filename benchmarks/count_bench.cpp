/// The job "how many objects, where, how bright" on a folder of TIFF files: our side of the
/// comparison in compare.py, the movies it runs on and the bare read that bounds it.
///
///   count_bench movie FOLDER FRAMES SIDE CELLS    writes the movie
///   count_bench run FOLDER THREADS OUT_FOLDER     the job; prints one line of JSON
///   count_bench read FOLDER THREADS               read() of the same files; prints the same

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "parfocal/engine/run.h"
#include "parfocal/formats/tiff/tiff_writer.h"
#include "parfocal/graph/yaml.h"
#include "parfocal/planner/machine.h"

namespace parfocal {
namespace {

namespace fs = std::filesystem;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

int print_result(double seconds, double cpu, double planning) {
  std::printf(
      "{\"seconds\": %.6f, \"cpu_seconds\": %.6f, \"planning_seconds\": %.6f, \"peak_mb\": %.1f}\n",
      seconds, cpu, planning, static_cast<double>(peak_rss_bytes()) / 1048576);
  return 0;
}

int write_movie(const fs::path& folder, int64_t frames, int64_t side, int64_t cells) {
  const std::string text =
      "parfocal: 1\nsource: {type: generator, kind: nuclei, cells: " + std::to_string(cells) +
      ", size: {t: " + std::to_string(frames) + ", y: " + std::to_string(side) +
      ", x: " + std::to_string(side) +
      "}}\nsinks: [{type: ome_zarr, from: source, path: unused.ome.zarr}]\n";
  const SourceInfo* info = sources().find("generator");
  const RawValue description = parse_pipeline(text, ".", "movie").source.params;
  std::vector<Issue> issues;
  const auto source = info->open(info->params.parse(description, "source", issues), {"."});
  if (!issues.empty()) throw Error(ErrorCode::invalid_pipeline, std::move(issues));
  const Layout& layout = source->layout();
  std::vector<std::byte> pixels(static_cast<size_t>(layout.item_bytes()));
  const MutableView view = packed_view(pixels.data(), layout.dtype, layout.whole_item());
  for (int64_t t = 0; t < frames; ++t) {
    FrameHeader header;
    Status status = source->read(t, view, header);
    char name[32];
    std::snprintf(name, sizeof name, "t%05d.tif", static_cast<int>(t));
    if (status.ok()) status = write_tiff(folder / name, view);
    if (!status.ok()) throw Error(ErrorCode::run_failed, status.issue());
  }
  return 0;
}

int run_job(const std::string& folder, int threads, const std::string& out_folder) {
  const std::string text =
      "parfocal: 1\n"
      "source: {type: files, glob: \"*.tif\", axes: tyx}\n"
      "steps:\n"
      "  - {id: mask, op: threshold, method: otsu}\n"
      "  - {id: clean, op: open, footprint: disk(3), from: mask}\n"
      "  - {id: cells, op: label, connectivity: 8}\n"
      "  - {id: objects, op: measure, intensity: source,"
      " properties: [area, bbox, centroid, intensity_mean]}\n"
      "sinks:\n"
      "  - {type: table, from: objects, path: objects.csv}\n";
  PlanOptions options;
  options.threads = threads;
  options.out_dir = out_folder;
  const auto planning = std::chrono::steady_clock::now();
  const Plan plan = make_plan(parse_pipeline(text, folder, "count"), options);
  const double planning_seconds = seconds_since(planning);
  const auto start = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  const RunRecord record = run_plan(plan, {});
  const double seconds = seconds_since(start);
  if (record.exit_code != 0) throw std::runtime_error(record.json());
  return print_result(seconds, cpu_seconds() - cpu, planning_seconds);
}

void read_whole(const fs::path& file, std::vector<char>& buffer) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (fd < 0 || fstat(fd, &info) != 0) throw std::runtime_error("cannot open " + file.string());
  const auto size = static_cast<size_t>(info.st_size);
  if (buffer.size() < size) buffer.resize(size);
  size_t done = 0;
  for (ssize_t got = 1; got > 0 && done < size; done += static_cast<size_t>(got))
    got = std::max<ssize_t>(0, read(fd, buffer.data() + done, size - done));
  close(fd);
  if (done < size) throw std::runtime_error("cannot read " + file.string());
}

int read_files(const fs::path& folder, int threads) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::atomic<size_t> next{0};
  const auto start = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  {
    std::vector<std::jthread> readers;
    for (int t = 0; t < threads; ++t)
      readers.emplace_back([&] {
        std::vector<char> buffer;
        for (size_t i = next++; i < files.size(); i = next++) read_whole(files[i], buffer);
      });
  }
  return print_result(seconds_since(start), cpu_seconds() - cpu, 0);
}

int run(const std::vector<std::string>& args) {
  if (args.size() == 5 && args[0] == "movie")
    return write_movie(args[1], std::stoll(args[2]), std::stoll(args[3]), std::stoll(args[4]));
  if (args.size() == 4 && args[0] == "run") return run_job(args[1], std::stoi(args[2]), args[3]);
  if (args.size() == 3 && args[0] == "read") return read_files(args[1], std::stoi(args[2]));
  throw std::invalid_argument("count_bench movie|run|read: see the top of count_bench.cpp");
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
