#include "help.h"

#include <fmt/format.h>

namespace parfocal::cli {

const std::vector<CommandText>& command_texts() {
  static const std::vector<CommandText> texts = {
      {"demo",
       "make a synthetic movie of cells, run a pipeline on it, show what to do next",
       {{"parfocal demo cells", "into ./parfocal-demo, offline, a few seconds"},
        {"parfocal demo cells --dir /tmp/d --seed 7", "another movie, elsewhere"}}},
      {"check",
       "find every mistake in a pipeline file; opens no image",
       {{"parfocal check cells.yaml", "all problems at once, with line, column and cure"},
        {"parfocal check cells.yaml --set mask.factor=1.2", "with a changed parameter"}}},
      {"plan",
       "say what a run will do and its peak memory, before it starts",
       {{"parfocal plan cells.yaml", "images, memory, disk, reading, results"},
        {"parfocal plan cells.yaml --explain", "all steps, bytes and decisions"},
        {"parfocal plan cells.yaml --graph pipes.svg", "a drawing with the bytes between steps"},
        {"parfocal plan cells.yaml --json > plan.json", "a plan that `parfocal run` accepts"}}},
      {"show",
       "make a picture of any step for one image, at once",
       {{"parfocal show cells.yaml", "of the last step that makes an image"},
        {"parfocal show cells.yaml --step mask --at t=3", "cells-mask-t3.png"},
        {"parfocal show cells.yaml --steps source,mask,cells", "side by side"},
        {"parfocal show cells.yaml --step mask --set mask.factor=1.2", "changed, and again"}}},
      {"run",
       "run a pipeline within the memory that the plan states",
       {{"parfocal run cells.yaml", "outputs go to ./cells-out"},
        {"parfocal run cells.yaml --memory 256MiB --threads 2", "bounded"},
        {"parfocal run cells.yaml --on-error skip", "a broken image is a missing frame"},
        {"parfocal run cells.yaml --datasets datasets.csv", "one after the other, and joined"},
        {"parfocal run plan.json --out results", "a plan made before"}}},
      {"convert",
       "make OME-Zarr or OME-TIFF of images, within a memory bound",
       {{"parfocal convert 'movie/*.tif' movie.ome.zarr", "files follow each other along t"},
        {"parfocal convert stack.tif stack.ome.zarr --set source.axes=zyx", "pages are z"},
        {"parfocal convert run.ome.zarr run.ome.tif", "and back"},
        {"parfocal convert M001.rtdc M001.ome.zarr --memory 256MiB", "a flow recording"},
        {"parfocal convert big.tif big.ome.zarr --resume",
         "go on where it was stopped or killed"}}},
      {"background",
       "give the frames of an .rtdc file (flow cytometry) their background",
       {{"parfocal background sparse-median in.rtdc out.rtdc", "one each second, as dcnum's"},
        {"parfocal background sparse-median in.rtdc in.rtdc", "into the file itself"},
        {"parfocal background rolling-median in.rtdc out.rtdc --kernel-size 100", "one a frame"},
        {"parfocal background sparse-median *.rtdc --out DIR", "many; those there are skipped"},
        {"parfocal background copy in.rtdc out.rtdc", "the one that is there"}}},
      {"info",
       "describe images, results and pipeline files",
       {{"parfocal info 'movie/*.tif'", "shape, axes, units, dtype of a series of files"},
        {"parfocal info cells-out/smooth.ome.zarr", "also chunks, missing frames and provenance"},
        {"parfocal info smooth.ome.zarr --validate", "check it by the rules of OME-NGFF"},
        {"parfocal info cells.yaml", "the steps of a pipeline"}}},
      {"report",
       "show what a run left on one page: pictures, plots, missing frames, memory",
       {{"parfocal report cells-out", "cells-out/report.html, to be opened in a browser"},
        {"parfocal report cells-out --out cells.html", "elsewhere"}}},
      {"recover",
       "make outputs whole whose writer was killed or lost its power",
       {{"parfocal recover run42.ome.zarr",
         "every acknowledged frame; again and again, if need be"},
        {"parfocal recover recording.rtdc.part", "the frames that were recorded"},
        {"parfocal recover cells-out", "all that a killed run left in its folder"},
        {"parfocal recover run42.ome.zarr --json", "what was found, for programs"}}},
      {"ops",
       "list operators, sources and sinks with their parameters",
       {{"parfocal ops", "all of them, by family"},
        {"parfocal ops median filter", "what does that, also by names of other programs"},
        {"parfocal ops gaussian", "parameters, units, defaults, example, reference"},
        {"parfocal ops --schema > parfocal.schema.json", "completion in editors"}}},
  };
  return texts;
}

static std::string lines_of(const CommandText& text) {
  size_t width = 0;
  for (const auto& [line, meaning] : text.examples) width = std::max(width, line.size());
  std::string page;
  for (const auto& [line, meaning] : text.examples)
    page += fmt::format("  {:<{}}  {}\n", line, width, "# " + meaning);
  return page;
}

std::string overview() {
  std::string page =
      "Parfocal runs image pipelines in a memory bound that is known before they start.\n\n"
      "Examples:\n"
      "  parfocal demo cells                        # no data needed: start here\n"
      "  parfocal check cells.yaml                  # all mistakes at once\n"
      "  parfocal plan cells.yaml                   # peak memory, passes, outputs\n"
      "  parfocal run cells.yaml --memory 256MiB    # results and frames.csv\n"
      "  parfocal info cells-out/smooth.ome.zarr    # what is in a result\n\n"
      "Commands:\n";
  for (const CommandText& text : command_texts())
    page += fmt::format("  {:<11} {}\n", text.name, text.summary);
  return page +
         "\n`parfocal COMMAND --help` shows examples and options; `--version` the version.\n"
         "Results go to stdout, messages to stderr; --json gives one document for programs.\n\n"
         "Exit codes: 0 done; 1 run failed; 2 bad command line; 3 invalid pipeline; 4 input "
         "missing\n"
         "or unreadable; 5 over the memory or disk budget; 6 finished, some items failed as "
         "allowed;\n"
         "7 frames lost, recorded as missing; 8 output exists; 129, 130, 143 stopped by a "
         "signal.\n";
}

std::string examples_of(const std::string& command) {
  for (const CommandText& text : command_texts())
    if (text.name == command)
      return fmt::format("parfocal {}: {}\n\nExamples:\n{}\n", text.name, text.summary,
                         lines_of(text));
  return "";
}

}  // namespace parfocal::cli
