#include "parfocal/operators/background/cleansing.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace parfocal::background {
namespace {

constexpr double kVarianceFactor = 150;

// Position of a mirrored series without end at `i`, in a series of n.
size_t mirrored(int64_t i, int64_t n) {
  const int64_t period = 2 * n;
  const int64_t at = (i % period + period) % period;
  return static_cast<size_t>(at < n ? at : period - 1 - at);
}

int64_t keep_up_to(std::span<const double> reference, double limit, std::span<uint8_t> keep) {
  int64_t removed = 0;
  for (size_t i = 0; i < keep.size(); ++i) {
    keep[i] = reference[i] <= limit;
    removed += !keep[i];
  }
  return removed;
}

}  // namespace

RowRange centre_rows(int64_t height) {
  const int64_t middle = height / 2, spread = std::max<int64_t>(20, height / 4);
  int64_t begin = middle - spread;
  if (begin < 0) begin = std::max<int64_t>(0, begin + height);
  return {begin, std::min(height, middle + spread)};
}

double median_of(std::span<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

void profile_centres(std::span<const uint16_t> profiles, int64_t rows, std::span<double> centres,
                     std::span<double> column) {
  const size_t width = static_cast<size_t>(rows);
  std::fill(centres.begin(), centres.end(), 0.0);
  for (size_t row = 0; row < width; ++row) {
    for (size_t i = 0; i < centres.size(); ++i) column[i] = profiles[i * width + row];
    const double median = median_of(column.first(centres.size()));
    for (size_t i = 0; i < centres.size(); ++i) centres[i] += profiles[i * width + row] - median;
  }
  for (double& centre : centres) centre /= static_cast<double>(rows);
}

void median_filter_10(std::span<const double> values, std::span<double> out) {
  const auto n = static_cast<int64_t>(values.size());
  std::array<double, 10> window;
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t k = 0; k < 10; ++k)
      window[static_cast<size_t>(k)] = values[mirrored(i - 5 + k, n)];
    std::nth_element(window.begin(), window.begin() + 5, window.end());
    out[static_cast<size_t>(i)] = window[5];
  }
}

double pairwise_sum(std::span<const double> values) {
  const size_t n = values.size();
  if (n > 128) {
    const size_t half = n / 2 - n / 2 % 8;
    return pairwise_sum(values.first(half)) + pairwise_sum(values.subspan(half));
  }
  double sum = 0;
  size_t i = 0;
  if (n >= 8) {
    std::array<double, 8> lane;
    std::copy_n(values.begin(), 8, lane.begin());
    for (i = 8; i + 8 <= n; i += 8)
      for (size_t k = 0; k < 8; ++k) lane[k] += values[i + k];
    sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
  }
  for (; i < n; ++i) sum += values[i];
  return sum;
}

double population_variance(std::span<const double> values, std::span<double> scratch) {
  const auto n = static_cast<double>(values.size());
  const double mean = pairwise_sum(values) / n;
  for (size_t i = 0; i < values.size(); ++i) {
    const double deviation = values[i] - mean;
    scratch[i] = deviation * deviation;
  }
  return pairwise_sum(scratch.first(values.size())) / n;
}

double quantile(std::span<const double> ascending, double f) {
  const double position = f * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<size_t>(position);
  if (below + 1 >= ascending.size()) return ascending.back();
  const double part = position - static_cast<double>(below);
  const double low = ascending[below], high = ascending[below + 1], step = high - low;
  return part < 0.5 ? low + step * part : high - step * (1 - part);
}

void deviations(std::span<const double> centres, std::span<double> reference,
                std::span<double> scratch) {
  median_filter_10(centres, reference);
  for (size_t i = 0; i < centres.size(); ++i) reference[i] = centres[i] - reference[i];
  std::copy(reference.begin(), reference.end(), scratch.begin());
  const double median = median_of(scratch.first(reference.size()));
  for (double& value : reference) value = std::fabs(value - median);
}

Cleansing cleanse(std::span<const uint16_t> profiles, int64_t rows, const CleansingRule& rule,
                  std::span<uint8_t> keep, std::span<double> scratch) {
  Cleansing result;
  std::fill(keep.begin(), keep.end(), uint8_t{1});
  if (rule.fraction == 1) return result;
  const size_t n = keep.size();
  const auto centres = scratch.subspan(0, n), reference = scratch.subspan(n, n),
             spare = scratch.subspan(2 * n, n);
  profile_centres(profiles, rows, centres, spare);
  deviations(centres, reference, spare);
  const auto by_fraction = [&] {
    std::copy(reference.begin(), reference.end(), spare.begin());
    std::sort(spare.begin(), spare.end());
    return quantile(spare, rule.fraction);
  };
  if (rule.threshold == 0) {
    result.removed = keep_up_to(reference, by_fraction(), keep);
    return result;
  }
  const double factor = population_variance(reference, spare) * kVarianceFactor;
  result.removed = keep_up_to(reference, factor / rule.threshold, keep);
  if (1 - static_cast<double>(result.removed) / static_cast<double>(n) >= rule.fraction)
    return result;
  const double limit = by_fraction();
  result.fell_back = true;
  result.refused = result.removed;
  result.equal_threshold = factor / limit;
  result.removed = keep_up_to(reference, limit, keep);
  return result;
}

}  // namespace parfocal::background
