#pragma once
/// Axes of plots. Internal to report.

#include <string>
#include <vector>

namespace parfocal::report {

inline constexpr double kPlotWidth = 720, kPlotLeft = 76, kPlotRight = 16, kPlotTop = 14;
inline constexpr double kPlotBottom = 46;  ///< below the axis: ticks and label

/// A length of the data on a length of the picture, in px.
struct PlotScale {
  double low = 0, high = 1;   ///< of the data; low < high
  double start = 0, end = 1;  ///< in the picture
  double at(double value) const;
};
/// A scale that shows low to high, whatever they are; of one value some room around it.
PlotScale scale_of(double low, double high, double start, double end);
/// About `most` round numbers in it, 1, 2 or 5 times a power of ten apart.
std::vector<double> ticks_of(const PlotScale& scale, int most);

/// "<svg ..." with its name for people who cannot see it.
std::string plot_head(double height, const std::string& name);
/// Lines, numbers and label below, from top to bottom of the plot.
std::string x_axis(const PlotScale& x, double top, double bottom, const std::string& label);
std::string y_axis(const PlotScale& y, const std::string& label);
/// Names with their colours, above the plot. Nothing for a single one.
struct LegendEntry {
  std::string name, style;
};
std::string legend(const std::vector<LegendEntry>& entries, double& height);

/// A coordinate: two digits behind the point at most.
std::string px(double value);

}  // namespace parfocal::report
