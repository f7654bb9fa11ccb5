#include <fmt/format.h>

#include <array>

#include "commands.h"
#include "demo_parts.h"
#include "parfocal/formats/tiff/tiff_writer.h"
#include "print.h"

namespace parfocal::cli {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kImages = 5;

// One frame of a movie of its own for each colour, side by side in each pixel: nuclei in red,
// others in green, and half of these in blue.
void write_image(const fs::path& path, int64_t seed) {
  const std::array<std::unique_ptr<Source>, 2> colours = {open_nuclei(seed, 1),
                                                          open_nuclei(seed + kImages, 1)};
  const Layout& layout = colours[0]->layout();
  const auto pixels = static_cast<size_t>(layout.item_count());
  std::vector<std::byte> plane(pixels), image(3 * pixels);
  for (size_t c = 0; c < 3; ++c) {
    FrameHeader header;
    if (c < 2)
      require(colours[c]->read(0, packed_view(plane.data(), layout.dtype, layout.whole_item()),
                               header));
    for (size_t i = 0; i < pixels; ++i)
      image[3 * i + c] =
          c < 2 ? plane[i] : static_cast<std::byte>(std::to_integer<int>(plane[i]) / 2);
  }
  const Region shape = Region::whole({layout.item[0].size, layout.item[1].size, 3});
  require(write_tiff(path, packed_view<const std::byte>(image.data(), layout.dtype, shape)));
}

}  // namespace

const char* const kLessonPipeline =
    R"(# Counts the cells in the red channel of some colour images. Change a value and look again:
#   parfocal show lesson.yaml --steps source,mask,cells
parfocal: 1
source: {type: files, glob: "images/*.tif", channel: red, scale: {y: 0.65 um, x: 0.65 um}}

steps:                   # a step reads the step above it, or what `from` names
  - {id: smooth, op: median, size: 3}                      # takes away single bright pixels
  - {id: mask, op: threshold, method: otsu}                # also: li, yen, triangle, isodata
  - {id: clean, op: open, footprint: disk(3)}              # removes what is smaller than a cell
  - {id: cells, op: label}                                 # 1, 2, 3... in every image
  - {id: number, op: count}                                # a column of frames.csv
  - {id: objects, op: measure, from: cells, intensity: source,
     properties: [label, area, centroid, intensity_mean]}

sinks:
  - {type: table, from: objects, path: objects.csv}        # one row for each cell
  - {type: picture, from: source, path: pictures, labels: {cells: cells}, ids: true}
  - {type: report, path: report.html}                      # open it in a browser
)";

int64_t write_lesson(const fs::path& dir, int64_t seed) {
  for (int64_t i = 0; i < kImages; ++i)
    write_image(dir / "images" / fmt::format("image_{}.tif", i + 1), seed + i);
  write_text(dir / "sets.csv",
             "dataset,mask.method,clean.footprint\nas_it_was,,\nli,li,\nsmall_too,,disk(1)\n");
  message(fmt::format("wrote {} of cells to {}", counted(kImages, "colour image"),
                      (dir / "images").string()));
  return kImages;
}

void print_lines_of_lesson(const fs::path& dir) {
  const std::string pipeline = shell_line({(dir / "lesson.yaml").string()});
  message(
      fmt::format("\nto try:\n"
                  "  parfocal plan {0}\n"
                  "  parfocal run {0} --set mask.method=li --out {1}\n"
                  "  parfocal ops median filter",
                  pipeline, shell_line({(dir / "results-li").string()})));
  print_next({"parfocal", "show", (dir / "lesson.yaml").string(), "--steps", "source,mask,cells"});
}

}  // namespace parfocal::cli
