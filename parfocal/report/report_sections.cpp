#include "parfocal/report/report_sections.h"

#include <fmt/format.h>

#include "parfocal/core/units.h"
#include "parfocal/planner/edge_bytes.h"
#include "parfocal/report/html_page.h"
#include "parfocal/report/plan_drawing.h"
#include "parfocal/report/svg_text.h"

namespace parfocal::report {
namespace {

constexpr size_t kBins = 30, kMostName = 60;

PlotBox box_of(const std::string& name, size_t index, const ValueSample& values) {
  PlotBox box{name, line_class(name, index), 0, 0, 0, 0, 0, values.count()};
  if (values.count() == 0) return box;
  box.min = values.min();
  box.q1 = values.quantile(0.25);
  box.median = values.quantile(0.5);
  box.q3 = values.quantile(0.75);
  box.max = values.max();
  return box;
}

std::string boxes_html(const std::string& caption, const std::string& label,
                       const std::vector<PlotBox>& boxes) {
  std::vector<TableRow> rows;
  for (const PlotBox& box : boxes) {
    TableRow row = {box.name, std::to_string(box.values)};
    for (const double value : {box.min, box.q1, box.median, box.q3, box.max})
      row.push_back(box.values > 0 ? number_text(value) : "");
    rows.push_back(std::move(row));
  }
  return figure(
      caption, box_plot(label, boxes),
      table({"", "values", "minimum", "quartile 1", "median", "quartile 3", "maximum"}, rows));
}

std::vector<PlotBox> boxes_of(const std::vector<std::string>& groups, const SampledColumn& column) {
  std::vector<PlotBox> boxes;
  for (size_t g = 0; g < groups.size() && g < column.groups.size(); ++g)
    boxes.push_back(box_of(groups[g], g, column.groups[g]));
  return boxes;
}

std::string note(const std::string& text) {
  return "<p class=\"note\">" + xml_text(text) + "</p>\n";
}

std::string sampled_note(const ValueSample& values) {
  return values.every() == 1
             ? ""
             : note(fmt::format("Quantiles and bins are of every {}th of {} values; "
                                "minimum and maximum are of all.",
                                values.every(), values.count()));
}

std::string more_groups_note(bool too_many, const char* what) {
  return too_many ? note(fmt::format("Only the first {} {} are compared.", kMostGroups, what)) : "";
}

}  // namespace

std::string frame_column_html(const FrameTable& frames, const FrameColumn& column) {
  const std::string& name = column.values.name;
  std::vector<TableRow> rows;
  bool pooled = false;
  for (const PlotLine& line : column.lines)
    for (const PlotPoint& point : line.points) {
      pooled |= point.first != point.last || point.values > 1;
      TableRow row;
      if (frames.groups.size() > 1) row.push_back(line.name);
      row.push_back(point.first == point.last
                        ? number_text(point.first)
                        : number_text(point.first) + " to " + number_text(point.last));
      for (const double value : {point.low, point.middle, point.high})
        row.push_back(point.values > 0 ? number_text(value) : "");
      rows.push_back(std::move(row));
    }
  TableRow head = {"frame", name, "median", "maximum"};
  if (pooled)
    head[1] = "minimum";
  else
    for (TableRow& row : rows) row.resize(row.size() - 2);
  if (!pooled) head.resize(2);
  if (frames.groups.size() > 1) head.insert(head.begin(), frames.by_dataset ? "dataset" : "c");
  std::string s = figure(name + " over frames", line_plot(frames.x_label, name, column.lines),
                         table(head, rows, 2 * kMostPoints));
  if (pooled)
    s += note("Frames are pooled: the line is their median, the band from minimum to maximum.");
  if (frames.groups.size() > column.lines.size())
    s += note(
        fmt::format("The first {} of {} are drawn.", column.lines.size(), frames.groups.size()));
  if (frames.groups.size() > 1)
    s += boxes_html(name + (frames.by_dataset ? ", datasets compared" : ", colours compared"), name,
                    boxes_of(frames.groups, column.values));
  return s + more_groups_note(frames.too_many_groups, frames.by_dataset ? "datasets" : "colours") +
         sampled_note(column.values.all);
}

std::string distribution_html(const ValueTable& values, const SampledColumn& column,
                              const std::string& unit) {
  const std::string label = column.name + (unit.empty() ? "" : " [" + unit + "]");
  const bool one = column.all.min() == column.all.max();  // then as NumPy's
  const double low = column.all.min() - (one ? 0.5 : 0), high = column.all.max() + (one ? 0.5 : 0);
  std::vector<PlotCounts> groups;
  if (values.groups.size() > 1 && !values.by_dataset)
    for (size_t g = 0; g < values.groups.size() && g < column.groups.size() && g < kMostLines; ++g)
      groups.push_back({values.groups[g], line_class(values.groups[g], g),
                        histogram_of(column.groups[g], low, high, kBins)});
  else
    groups.push_back({"all", "c0", histogram_of(column.all, low, high, kBins)});
  std::vector<TableRow> rows;
  TableRow head = {label + " from", "to"};
  for (const PlotCounts& group : groups) head.push_back(groups.size() > 1 ? group.name : "rows");
  for (size_t b = 0; b < kBins; ++b) {
    const auto edge = [&](size_t k) {
      const double share = static_cast<double>(k) / kBins;
      return number_text(low * (1 - share) + high * share);
    };
    TableRow row = {edge(b), edge(b + 1)};
    for (const PlotCounts& group : groups) row.push_back(std::to_string(group.counts[b]));
    rows.push_back(std::move(row));
  }
  std::string s =
      figure(column.name, histogram_plot(label, "rows", low, high, groups), table(head, rows));
  std::vector<PlotBox> boxes = {box_of("all", 0, column.all)};
  if (values.groups.size() > 1) boxes = boxes_of(values.groups, column);
  s += boxes_html(column.name + (values.groups.size() < 2 ? ", quartiles"
                                 : values.by_dataset      ? ", datasets compared"
                                                          : ", colours compared"),
                  label, boxes);
  return s + more_groups_note(values.too_many_groups, values.by_dataset ? "datasets" : "colours") +
         sampled_note(column.all);
}

std::string datasets_html(const DatasetRows& datasets) {
  std::string s = datasets.problem.empty() ? "" : warning(datasets.problem);
  return s + table(datasets.columns, datasets.rows, 200);
}

std::string pictures_html(const SavedImage& image, const Thumbnails& thumbnails) {
  std::string s = "<h3>" + xml_text(image.name) + "</h3>\n<div class=\"pictures\">\n";
  for (const Thumbnail& one : thumbnails.pictures)
    s += one.png.empty() ? note(one.text) : picture(one.png, one.text);
  s += "</div>\n";
  if (!thumbnails.problem.empty()) s += warning("no more pictures: " + thumbnails.problem);
  return s;
}

std::string memory_html(const RunFacts& run) {
  const auto bar = [](const char* name, const char* style, int64_t bytes) {
    constexpr double kMebi = 1024 * 1024;
    const double value = bytes > 0 ? static_cast<double>(bytes) / kMebi : 0;
    return PlotBar{name, style, bytes > 0 ? format_bytes(bytes) : "not known", value};
  };
  const std::vector<PlotBar> bars = {bar("planned, at most", "c0", run.planned_peak_bytes),
                                     bar("used at its peak", "c2", run.peak_rss_bytes),
                                     bar("of that without data", "c7", run.base_bytes)};
  const std::vector<TableRow> rows = {
      {"planned, at most", std::to_string(run.planned_peak_bytes)},
      {"used at its peak", std::to_string(run.peak_rss_bytes)},
      {"of that code, libraries, stacks", std::to_string(run.base_bytes)}};
  std::string s = figure("Peak memory of the process", bar_plot("memory [MiB]", bars),
                         table({"", "bytes"}, rows));
  const bool above = run.planned_peak_bytes > 0 && run.peak_rss_bytes > run.planned_peak_bytes;
  return s + (above ? warning("the run took more memory than was planned") : "");
}

std::string pipeline_html(const Plan& plan) {
  std::vector<TableRow> rows;
  for (const NodePlan& node : plan.nodes)
    for (size_t i = 0; i < node.inputs.size() && rows.size() < 1000; ++i) {
      const PortId in = node.inputs[i];
      const auto edge = edge_bytes(plan, in);
      rows.push_back({shortened(plan.nodes[static_cast<size_t>(in.node)].id, kMostName),
                      shortened(node.id, kMostName), edge ? std::to_string(edge->item_bytes) : "",
                      edge ? std::to_string(edge->places) : "",
                      edge ? std::to_string(edge->item_bytes * edge->places) : ""});
    }
  return figure(
      "What passes between the steps", "<div class=\"scroll\">" + plan_svg(plan) + "</div>\n",
      table({"from", "to", "bytes of one item", "places of the queue", "bytes of it"}, rows));
}

std::string unit_of(const std::string& column, const RunFacts& run) {
  if (run.plan)
    for (const NodePlan& node : run.plan->nodes)
      for (const PortLayout& port : node.outputs)
        if (const int found = port.table.find(column); found >= 0)
          return port.table.columns[static_cast<size_t>(found)].unit;
  for (const char* unit : {"um", "um2", "um3"})
    if (column.ends_with(std::string("_") + unit)) return unit;
  return "";
}

}  // namespace parfocal::report
