#include "parfocal/report/plot_axes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "parfocal/report/svg_plot.h"
#include "parfocal/report/svg_text.h"

namespace parfocal::report {
namespace {

constexpr size_t kMostLabel = 60, kMostLegend = 24;
constexpr double kLegendWidth = 160, kLegendHeight = 20;

}  // namespace

double PlotScale::at(double value) const {
  // Halves: the difference of two finite numbers may be none.
  const double share = (value / 2 - low / 2) / (high / 2 - low / 2);
  return start + (end - start) * std::clamp(std::isfinite(share) ? share : 0.0, 0.0, 1.0);
}

PlotScale scale_of(double low, double high, double start, double end) {
  if (!std::isfinite(low) || !std::isfinite(high)) low = 0, high = 1;
  if (!(high / 2 - low / 2 > std::max(std::abs(low), std::abs(high)) * 1e-12)) {
    const double room = std::max(0.5, std::abs(low) * 0.01);
    low -= room;
    high += room;
  }
  if (!std::isfinite(low) || !std::isfinite(high)) low = -1e308, high = 1e308;
  return {low, high, start, end};
}

std::vector<double> ticks_of(const PlotScale& scale, int most) {
  const double rough = (scale.high / 2 - scale.low / 2) / most * 2;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  std::vector<double> ticks;
  if (!std::isfinite(power) || !(power > 0)) return {scale.low, scale.high};
  const double rest = rough / power;
  const double step = power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
  const double first = std::ceil(scale.low / step);
  for (int k = 0; k <= most + 1; ++k) {
    const double tick = (first + k) * step;
    if (tick > scale.high + step * 1e-9) break;
    ticks.push_back(tick == 0 ? 0 : tick);  // no -0
  }
  return ticks;
}

std::string px(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string plot_head(double height, const std::string& name) {
  return fmt::format("<svg class=\"plot\" role=\"img\" viewBox=\"0 0 {} {}\" aria-label=\"{}\">\n",
                     px(kPlotWidth), px(height), xml_text(shortened(name, 2 * kMostLabel)));
}

std::string x_axis(const PlotScale& x, double top, double bottom, const std::string& label) {
  std::string s;
  for (const double tick : ticks_of(x, 8)) {
    const std::string at = px(x.at(tick));
    s += fmt::format("<line class=\"grid\" x1=\"{0}\" y1=\"{1}\" x2=\"{0}\" y2=\"{2}\"/>", at,
                     px(top), px(bottom));
    s += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", at,
                     px(bottom + 16), number_text(tick));
  }
  s += fmt::format("<line class=\"axis\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", px(x.start),
                   px(bottom), px(x.end), px(bottom));
  return s + fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n",
                         px((x.start + x.end) / 2), px(bottom + 36),
                         xml_text(shortened(label, kMostLabel)));
}

std::string y_axis(const PlotScale& y, const std::string& label) {
  std::string s;
  const double right = kPlotWidth - kPlotRight;
  for (const double tick : ticks_of(y, 5)) {
    const std::string at = px(y.at(tick));
    s += fmt::format("<line class=\"grid\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
                     px(kPlotLeft), at, px(right), at);
    s += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n", px(kPlotLeft - 6),
                     px(y.at(tick) + 4), number_text(tick));
  }
  const double middle = (y.start + y.end) / 2;
  return s + fmt::format(
                 "<text x=\"14\" y=\"{0}\" text-anchor=\"middle\" "
                 "transform=\"rotate(-90 14 {0})\">{1}</text>\n",
                 px(middle), xml_text(shortened(label, kMostLabel / 2)));
}

std::string legend(const std::vector<LegendEntry>& entries, double& height) {
  height = 0;
  if (entries.size() < 2) return "";
  std::string s;
  constexpr size_t kPerRow = 4;
  for (size_t i = 0; i < entries.size(); ++i) {
    const double left = kPlotLeft + kLegendWidth * static_cast<double>(i % kPerRow);
    const double y = 14 + kLegendHeight * static_cast<double>(i / kPerRow);
    s += fmt::format("<line class=\"line {}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
                     entries[i].style, px(left), px(y - 4), px(left + 18), px(y - 4));
    s += fmt::format("<text x=\"{}\" y=\"{}\">{}</text>\n", px(left + 24), px(y),
                     xml_text(shortened(entries[i].name, kMostLegend)));
    height = y + 6;
  }
  return s;
}

}  // namespace parfocal::report
