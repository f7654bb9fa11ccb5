#include "parfocal/report/value_sample.h"

#include <algorithm>
#include <cmath>

namespace parfocal::report {
namespace {

double quantile_of(const std::vector<double>& sorted, double q) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double share = at - static_cast<double>(below);
  return sorted[below] * (1 - share) + sorted[above] * share;  // no difference: it may overflow
}

}  // namespace

void ValueSample::add(double value) {
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  if (count_++ % every_ != 0) return;
  if (kept_.size() == most_) {
    size_t kept = 0;
    for (size_t i = 0; i < kept_.size(); i += 2) kept_[kept++] = kept_[i];
    kept_.resize(kept);
    every_ *= 2;
    if ((count_ - 1) % every_ != 0) return;
  }
  kept_.push_back(value);
}

void ValueSample::clear() {
  kept_.clear();
  sorted_ = false;
  count_ = 0;
  every_ = 1;
  min_ = std::numeric_limits<double>::infinity();
  max_ = -min_;
}

const std::vector<double>& ValueSample::sorted() const {
  if (!sorted_) std::sort(kept_.begin(), kept_.end());
  sorted_ = true;
  return kept_;
}

double ValueSample::quantile(double q) const { return quantile_of(sorted(), q); }

double ValueSample::mad() const {
  std::vector<double> distances;
  const double median = quantile(0.5);
  for (const double value : kept_) distances.push_back(std::abs(value - median));
  std::sort(distances.begin(), distances.end());
  return quantile_of(distances, 0.5);
}

std::vector<int64_t> histogram_of(const ValueSample& sample, double low, double high, size_t bins) {
  std::vector<int64_t> counts(bins);
  const double width = high / static_cast<double>(bins) - low / static_cast<double>(bins);
  for (const double value : sample.sorted()) {
    const double at = width > 0 ? (value - low) / width : 0;
    if (value < low || value > high || !(at >= 0)) continue;
    ++counts[std::min(bins - 1, static_cast<size_t>(std::min(at, static_cast<double>(bins))))];
  }
  return counts;
}

}  // namespace parfocal::report
