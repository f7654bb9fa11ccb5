#pragma once
/// Plots as SVG to stand in a page: its style (kPlotStyle) gives them their colours. All texts may
/// come from files. Pure functions, thread-safe.

#include <cstdint>
#include <string>
#include <vector>

namespace parfocal::report {

/// Colours of lines, boxes and text, for light and dark ground; text with a contrast of at least
/// 4.5, lines of at least 3.
extern const char* const kPlotStyle;

inline constexpr int kLineColours = 8;

/// Names an own colour has: r, g, b; else the `index`-th of kLineColours.
std::string line_class(const std::string& name, size_t index);

/// Rows that follow each other along x.
struct PlotPoint {
  double first = 0, last = 0;            ///< x of the first and the last of them
  double low = 0, middle = 0, high = 0;  ///< of their values
  int64_t values = 0;                    ///< 0: none is there, and the line has a hole
};
struct PlotLine {
  std::string name, style;  ///< style: line_class()
  std::vector<PlotPoint> points;
};
/// Medians as lines, minimum to maximum as bands.
std::string line_plot(const std::string& x_label, const std::string& y_label,
                      const std::vector<PlotLine>& lines);

struct PlotCounts {
  std::string name, style;
  std::vector<int64_t> counts;  ///< of bins of one width
};
/// Histograms from `low` to `high`, one over the other. \pre all have the same number of bins
std::string histogram_plot(const std::string& x_label, const std::string& y_label, double low,
                           double high, const std::vector<PlotCounts>& groups);

struct PlotBox {
  std::string name, style;
  double min = 0, q1 = 0, median = 0, q3 = 0, max = 0;
  int64_t values = 0;  ///< 0: no box
};
/// Quartiles as boxes, minimum and maximum as whiskers; one row for each.
std::string box_plot(const std::string& x_label, const std::vector<PlotBox>& boxes);

struct PlotBar {
  std::string name, style, text;  ///< text: the number with its unit
  double value = 0;               ///< at least 0
};
/// Lengths from 0.
std::string bar_plot(const std::string& x_label, const std::vector<PlotBar>& bars);

/// "12", "0.25": six digits.
std::string number_text(double value);

}  // namespace parfocal::report
