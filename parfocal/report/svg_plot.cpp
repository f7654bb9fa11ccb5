#include "parfocal/report/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "parfocal/report/plot_axes.h"
#include "parfocal/report/svg_text.h"

namespace parfocal::report {
namespace {

constexpr double kHeight = 220, kRowHeight = 24, kNameWidth = 170, kTextWidth = 150;
constexpr size_t kMostRowName = 26;

struct Range {
  double low = HUGE_VAL, high = -HUGE_VAL;
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

template <class Group>
std::vector<LegendEntry> entries_of(const std::vector<Group>& groups) {
  std::vector<LegendEntry> entries;
  for (const Group& group : groups) entries.push_back({group.name, group.style});
  return entries;
}

double middle_x(const PlotPoint& p) { return p.first / 2 + p.last / 2; }

// From minimum to maximum, one piece for each run of points without a hole.
std::string band_path(const std::vector<PlotPoint>& points, size_t from, size_t to,
                      const PlotScale& x, const PlotScale& y) {
  std::string path;
  for (size_t i = from; i < to; ++i)
    path +=
        (i == from ? "M" : "L") + px(x.at(middle_x(points[i]))) + " " + px(y.at(points[i].high));
  for (size_t i = to; i > from; --i)
    path += "L" + px(x.at(middle_x(points[i - 1]))) + " " + px(y.at(points[i - 1].low));
  return path + "Z";
}

std::string median_path(const std::vector<PlotPoint>& points, size_t from, size_t to,
                        const PlotScale& x, const PlotScale& y) {
  std::string path;
  for (size_t i = from; i < to; ++i)
    path +=
        (i == from ? "M" : "L") + px(x.at(middle_x(points[i]))) + " " + px(y.at(points[i].middle));
  return to == from + 1 ? path + "h1" : path;  // a lone point is seen, too
}

std::string line_svg(const PlotLine& line, const PlotScale& x, const PlotScale& y) {
  std::string bands, medians;
  const auto& points = line.points;
  for (size_t from = 0; from < points.size();) {
    size_t to = from;
    bool wide = false;
    for (; to < points.size() && points[to].values > 0; ++to) wide |= points[to].values > 1;
    if (to > from && wide) bands += band_path(points, from, to, x, y);
    if (to > from) medians += median_path(points, from, to, x, y);
    from = std::max(to, from + 1);
  }
  std::string s;
  if (!bands.empty()) s += fmt::format("<path class=\"band {}\" d=\"{}\"/>\n", line.style, bands);
  if (!medians.empty())
    s += fmt::format("<path class=\"line {}\" d=\"{}\"/>\n", line.style, medians);
  return s;
}

std::string steps_path(const PlotCounts& group, const PlotScale& x, const PlotScale& y, double low,
                       double high) {
  std::string path = "M" + px(x.at(low)) + " " + px(y.at(0));
  const auto bins = static_cast<double>(group.counts.size());
  for (size_t i = 0; i < group.counts.size(); ++i) {
    const double share = static_cast<double>(i + 1) / bins;
    path += "V" + px(y.at(static_cast<double>(group.counts[i]))) + "H" +
            px(x.at(low * (1 - share) + high * share));
  }
  return path + "V" + px(y.at(0));
}

std::string row_name(const std::string& name, double middle) {
  return fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", px(kNameWidth - 8),
                     px(middle + 4), xml_text(shortened(name, kMostRowName)));
}

std::string box_svg(const PlotBox& box, const PlotScale& x, double middle) {
  std::string s = row_name(box.name, middle);
  if (box.values == 0) return s + "\n";
  s += fmt::format("<path class=\"line {}\" d=\"M{} {}H{}\"/>", box.style, px(x.at(box.min)),
                   px(middle), px(x.at(box.max)));
  s += fmt::format("<rect class=\"box-body {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"14\"/>",
                   box.style, px(x.at(box.q1)), px(middle - 7),
                   px(std::max(1.0, x.at(box.q3) - x.at(box.q1))));
  return s + fmt::format("<path class=\"line {}\" d=\"M{} {}v18\"/>\n", box.style,
                         px(x.at(box.median)), px(middle - 9));
}

}  // namespace

std::string number_text(double value) { return fmt::format("{:.6g}", value); }

std::string line_class(const std::string& name, size_t index) {
  if (name == "r" || name == "red") return "cr";
  if (name == "g" || name == "green") return "cg";
  if (name == "b" || name == "blue") return "cb";
  return "c" + std::to_string(index % kLineColours);
}

std::string line_plot(const std::string& x_label, const std::string& y_label,
                      const std::vector<PlotLine>& lines) {
  Range x_range, y_range;
  for (const PlotLine& line : lines)
    for (const PlotPoint& point : line.points) {
      x_range.add(point.first), x_range.add(point.last);
      if (point.values > 0) y_range.add(point.low), y_range.add(point.high);
    }
  double top = 0;
  std::string s = legend(entries_of(lines), top);
  top += kPlotTop;
  const double bottom = top + kHeight;
  const PlotScale x = scale_of(x_range.low, x_range.high, kPlotLeft, kPlotWidth - kPlotRight);
  const PlotScale y = scale_of(y_range.low, y_range.high, bottom, top);
  s += x_axis(x, top, bottom, x_label) + y_axis(y, y_label);
  for (const PlotLine& line : lines) s += line_svg(line, x, y);
  return plot_head(bottom + kPlotBottom, y_label + " over " + x_label) + s + "</svg>\n";
}

std::string histogram_plot(const std::string& x_label, const std::string& y_label, double low,
                           double high, const std::vector<PlotCounts>& groups) {
  Range range;
  range.add(0), range.add(1);
  for (const PlotCounts& group : groups)
    for (const int64_t count : group.counts) range.add(static_cast<double>(count));
  double top = 0;
  std::string s = legend(entries_of(groups), top);
  top += kPlotTop;
  const double bottom = top + kHeight;
  const PlotScale x = scale_of(low, high, kPlotLeft, kPlotWidth - kPlotRight);
  const PlotScale y = scale_of(range.low, range.high, bottom, top);
  s += x_axis(x, top, bottom, x_label) + y_axis(y, y_label);
  for (const PlotCounts& group : groups) {
    const std::string path = steps_path(group, x, y, low, high);
    s += fmt::format("<path class=\"band {0}\" d=\"{1}Z\"/><path class=\"line {0}\" d=\"{1}\"/>\n",
                     group.style, path);
  }
  return plot_head(bottom + kPlotBottom, y_label + " by " + x_label) + s + "</svg>\n";
}

std::string box_plot(const std::string& x_label, const std::vector<PlotBox>& boxes) {
  Range range;
  for (const PlotBox& box : boxes)
    if (box.values > 0) range.add(box.min), range.add(box.max);
  const PlotScale x = scale_of(range.low, range.high, kNameWidth, kPlotWidth - kPlotRight);
  const double bottom = kPlotTop + kRowHeight * static_cast<double>(boxes.size());
  std::string s = x_axis(x, kPlotTop, bottom, x_label);
  for (size_t i = 0; i < boxes.size(); ++i)
    s += box_svg(boxes[i], x, kPlotTop + kRowHeight * (static_cast<double>(i) + 0.5));
  return plot_head(bottom + kPlotBottom, x_label + " compared") + s + "</svg>\n";
}

std::string bar_plot(const std::string& x_label, const std::vector<PlotBar>& bars) {
  Range range;
  range.add(0);
  for (const PlotBar& bar : bars) range.add(bar.value);
  const PlotScale x = scale_of(0, range.high, kNameWidth, kPlotWidth - kTextWidth);
  const double bottom = kPlotTop + kRowHeight * static_cast<double>(bars.size());
  std::string s = x_axis(x, kPlotTop, bottom, x_label);
  for (size_t i = 0; i < bars.size(); ++i) {
    const double middle = kPlotTop + kRowHeight * (static_cast<double>(i) + 0.5);
    const double end = x.at(bars[i].value);
    s += row_name(bars[i].name, middle);
    s += fmt::format("<rect class=\"bar {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"14\"/>",
                     bars[i].style, px(kNameWidth), px(middle - 7), px(end - kNameWidth));
    s += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", px(end + 6), px(middle + 4),
                     xml_text(bars[i].text));
  }
  return plot_head(bottom + kPlotBottom, x_label) + s + "</svg>\n";
}

const char* const kPlotStyle = R"(
:root { --ground: #ffffff; --ink: #1b1b1b; --pale: #4d4d4d; --line: #5c5c5c; --grid: #dddddd;
  --link: #0b57a4; --panel: #f4f5f6; --bad: #a3160c;
  --c0: #1f5fa8; --c1: #b3400f; --c2: #2b7a30; --c3: #7b3fa0; --c4: #806200; --c5: #00707a;
  --c6: #b0307a; --c7: #5a5a5a; --cr: #c62020; --cg: #1c7c2c; --cb: #2450c8; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181c; --ink: #f2f2f2; --pale: #c4c8cf;
  --line: #9aa0a8; --grid: #3a3e45; --link: #8cc4ff; --panel: #22252b; --bad: #ff9a8f;
  --c0: #7fb6f5; --c1: #f2a06b; --c2: #84cf88; --c3: #cda2ec; --c4: #dcc05a; --c5: #62ccd6;
  --c6: #f29ac9; --c7: #c2c2c2; --cr: #ff8a80; --cg: #7fd68b; --cb: #9ab4ff; } }
svg.plot { width: 100%; max-width: 720px; height: auto; }
svg.plot text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg.plot .grid { stroke: var(--grid); } svg.plot .axis { stroke: var(--line); }
svg.plot .line { fill: none; stroke: var(--c); stroke-width: 1.6; }
svg.plot .band { fill: var(--c); fill-opacity: 0.18; stroke: none; }
svg.plot .box-body { fill: var(--c); fill-opacity: 0.3; stroke: var(--c); }
svg.plot .bar { fill: var(--c); }
.c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); }
.c4 { --c: var(--c4); } .c5 { --c: var(--c5); } .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
.cr { --c: var(--cr); } .cg { --c: var(--cg); } .cb { --c: var(--cb); }
)";

}  // namespace parfocal::report
