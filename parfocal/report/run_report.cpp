#include "parfocal/report/run_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "parfocal/formats/common/files.h"
#include "parfocal/report/html_page.h"
#include "parfocal/report/report_sections.h"
#include "parfocal/report/svg_text.h"

namespace parfocal::report {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostTables = 8, kMostImages = 16, kMostDatasetImages = 12;

bool is_there(const fs::path& path) {
  std::error_code unknown;
  return fs::exists(path, unknown);
}

// Tables of measurements: those that are recorded, and combined ones of datasets.
std::vector<std::string> tables_in(const fs::path& folder, const RunFacts& run, bool datasets) {
  std::set<std::string> names;
  for (const std::string& name : run.names)
    if (name.ends_with(".csv")) names.insert(name);
  std::error_code unknown;
  fs::directory_iterator entry(folder, unknown), end;
  for (; datasets && !unknown && entry != end && names.size() < 1000; entry.increment(unknown))
    if (entry->path().extension() == ".csv") names.insert(entry->path().filename().string());
  names.erase("frames.csv");
  names.erase("datasets.csv");
  return {names.begin(), names.end()};
}

/// Puts the sections of one folder together.
class Page {
 public:
  explicit Page(const fs::path& folder)
      : folder_(folder),
        run_(read_run_folder(folder)),
        datasets_(read_datasets(folder)),
        page_(title()) {}

  std::string text() {
    page_.section("What ran", run_html(run_));
    if (datasets_.found) page_.section("Datasets", datasets_html(datasets_));
    if (is_there(folder_ / "frames.csv")) frames_ = read_frame_table(folder_ / "frames.csv");
    page_.section("Frames", frames_.found || !frames_.problem.empty()
                                ? frames_html(frames_)
                                : warning("there is no frames.csv"));
    add_pictures();
    for (const FrameColumn& column : frames_.columns)
      page_.section(column.values.name + " of each frame", frame_column_html(frames_, column));
    add_tables();
    if (run_.plan) page_.section("The pipeline", pipeline_html(*run_.plan));
    if (run_.planned_peak_bytes > 0 || run_.peak_rss_bytes > 0)
      page_.section("Memory", memory_html(run_));
    return page_.text(PARFOCAL_VERSION);
  }

 private:
  std::string title() const {
    const fs::path name = fs::absolute(folder_).lexically_normal();
    const fs::path last = name.has_filename() ? name.filename() : name.parent_path().filename();
    return "Report of " + shortened(run_.pipeline.empty() ? last.string() : run_.pipeline, 100);
  }

  void add_pictures() {
    std::string html;
    size_t images = 0;
    for (const std::string& name : run_.names)
      for (const SavedImage& image : images_at(folder_ / name, name))
        if (images++ < kMostImages)
          html += pictures_html(image, thumbnails_of(image, frames_.rows, frames_.flagged.row,
                                                     frames_.flagged.column, false));
    if (images > kMostImages)
      html += warning(fmt::format("and {} more images", images - kMostImages));
    html += dataset_pictures();
    if (!html.empty()) page_.section("Images", html);
  }

  // One picture of each image is enough to see what is different.
  std::string dataset_pictures() const {
    std::string html;
    size_t images = 0;
    for (const std::string& name : datasets_.folders) {
      if (name.empty() || images >= kMostDatasetImages) continue;
      for (const std::string& output : read_run_folder(folder_ / name).names)
        for (const SavedImage& image : images_at(folder_ / name / output, name + "/" + output))
          if (images++ < kMostDatasetImages)
            html += pictures_html(image, thumbnails_of(image, -1, -1, "", true));
    }
    if (images >= kMostDatasetImages)
      html += paragraph("Images of further datasets are left out: each has a report of its own.");
    return html;
  }

  void add_tables() {
    size_t tables = 0;
    for (const std::string& name : tables_in(folder_, run_, datasets_.found)) {
      if (!is_there(folder_ / name)) continue;
      if (++tables > kMostTables) {
        page_.section(name, paragraph("Left out: there are more tables than are shown."));
        continue;
      }
      const ValueTable values = read_value_table(folder_ / name, frames_.coordinates);
      std::string html = values.problem.empty() ? "" : warning(values.problem);
      html += paragraph(fmt::format("{} rows.", values.rows));
      if (values.left_out > 0)
        html +=
            paragraph(fmt::format("{} more columns of numbers are in the table.", values.left_out));
      for (const SampledColumn& column : values.columns)
        if (column.all.count() > 0)
          html += distribution_html(values, column, unit_of(column.name, run_));
      page_.section(name, html);
    }
  }

  fs::path folder_;
  RunFacts run_;
  DatasetRows datasets_;
  FrameTable frames_;
  HtmlPage page_;
};

}  // namespace

std::string report_page(const fs::path& folder) {
  if (!is_there(folder / "run.json") && !is_there(folder / "datasets.csv"))
    throw Error(ErrorCode::input_missing,
                {"no run has left its results here", folder.string(), "",
                 "a folder that `parfocal run` wrote, with run.json",
                 "give the folder that run printed, or was given by --out"});
  return Page(folder).text();
}

void write_report(const fs::path& folder, const fs::path& file) {
  if (is_there(file) && !is_own_page(file))
    throw Error(ErrorCode::output_exists,
                {"the file is there and no report of parfocal", file.string(), "", "a new name",
                 "choose another name by --out FILE.html"});
  const Status s = write_file_atomically(file, report_page(folder));
  if (!s.ok()) throw Error(ErrorCode::run_failed, s.issue());
}

}  // namespace parfocal::report
