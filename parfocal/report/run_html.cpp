#include <fmt/format.h>
#include <fmt/ranges.h>

#include "parfocal/report/html_page.h"
#include "parfocal/report/report_sections.h"
#include "parfocal/report/svg_text.h"

namespace parfocal::report {
namespace {

constexpr size_t kMostRows = 100, kMostText = 1000;
constexpr int kKilled = 137;  // what the record says until its run has ended

std::string status_text(const RunFacts& run) {
  if (run.exit_code == kKilled) return "not ended: it runs, or was killed";
  return fmt::format("{} (exit {})", run.status, run.exit_code);
}

std::string list_html(const char* title, const std::vector<std::string>& lines) {
  std::vector<TableRow> rows;
  for (const std::string& line : lines) rows.push_back({shortened(line, kMostText)});
  return rows.empty() ? "" : table({title}, rows, kMostRows);
}

std::string edges_html(const RunFacts& run) {
  std::vector<TableRow> rows;
  for (const RecordedEdge& edge : run.edges)
    rows.push_back({shortened(edge.edge, kMostText), std::to_string(edge.expected),
                    std::to_string(edge.received), std::to_string(edge.missing),
                    std::to_string(edge.dropped)});
  return rows.empty()
             ? ""
             : table({"output", "expected", "received", "missing", "dropped"}, rows, kMostRows);
}

std::string issues_html(const RunFacts& run) {
  std::vector<TableRow> rows;
  for (const auto& [where, what] : run.issues)
    rows.push_back({shortened(where, kMostText), shortened(what, kMostText)});
  return rows.empty() ? "" : table({"where", "what went wrong"}, rows, kMostRows);
}

std::string description_html(const RunFacts& run) {
  std::string s;
  if (!run.pipeline_text.empty())
    s += details("the pipeline file", preformatted(run.pipeline_text));
  for (size_t i = 0; i < run.included.size() && i < kMostRows; ++i)
    s += details(shortened(run.included[i].first, kMostText), preformatted(run.included[i].second));
  return s;
}

}  // namespace

std::string run_html(const RunFacts& run) {
  std::string s = run.problem.empty() ? "" : warning(run.problem);
  if (!run.found || !run.problem.empty()) return s;
  std::vector<std::pair<std::string, std::string>> lines = {
      {"pipeline", shortened(run.pipeline, kMostText)}, {"input", shortened(run.input, kMostText)}};
  if (!run.sets.empty())
    lines.emplace_back("changed by --set",
                       shortened(fmt::format("{}", fmt::join(run.sets, ", ")), kMostText));
  if (!run.status.empty()) {
    lines.emplace_back("ended", status_text(run));
    lines.emplace_back("frames", std::to_string(run.items));
    lines.emplace_back("time",
                       fmt::format("{:.2f} s, {:.2f} s of CPU", run.seconds, run.cpu_seconds));
  }
  lines.emplace_back("parfocal", shortened(run.version, 40));
  lines.emplace_back("outputs",
                     shortened(fmt::format("{}", fmt::join(run.names, ", ")), kMostText));
  return s + facts(lines) + edges_html(run) + issues_html(run) + list_html("notes", run.notices) +
         description_html(run);
}

std::string frames_html(const FrameTable& frames) {
  std::string s = frames.problem.empty() ? "" : warning(frames.problem);
  if (!frames.found) return s;
  const std::string count = fmt::format("{} frames were expected, {} came, {} are missing.",
                                        frames.rows, frames.rows - frames.missing, frames.missing);
  s += frames.missing > 0 ? warning(count) : paragraph(count);
  std::vector<TableRow> rows;
  for (const MissingFrames& m : frames.reasons)
    rows.push_back({m.reason, std::to_string(m.frames), m.place, m.file, m.page, m.text});
  if (!rows.empty())
    s += table({"why", "frames", "the first", "file", "page", "what was said"}, rows);
  if (frames.flagged.row >= 0)
    s += paragraph(fmt::format(
        "Most flagged: {}, whose {} of {} lies {} times the median distance from the median of {}.",
        frames.flagged.place, frames.flagged.column, number_text(frames.flagged.value),
        number_text(frames.flagged.distance), number_text(frames.flagged.median)));
  if (frames.left_out > 0)
    s += paragraph(fmt::format("{} more columns of numbers are in the table.", frames.left_out));
  return s;
}

}  // namespace parfocal::report
