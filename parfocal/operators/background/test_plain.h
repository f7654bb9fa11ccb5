#pragma once
/// Sparse median backgrounds on whole arrays, as the definition reads: what the operators are
/// compared with.

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "parfocal/operators/background/cleansing.h"
#include "parfocal/operators/background/test_series.h"

namespace parfocal::background {

template <class T>
struct PlainResult {
  std::vector<std::vector<T>> all, kept;
  std::vector<int64_t> kept_steps, index;
  std::vector<double> offset;
};

template <class Distance>
int64_t first_nearest(const std::vector<double>& times, Distance&& distance) {
  size_t best = 0;
  for (size_t j = 1; j < times.size(); ++j)
    if (distance(times[j]) < distance(times[best])) best = j;
  return static_cast<int64_t>(best);
}

template <class T>
double plain_top(const std::vector<T>& image, int64_t height, int64_t width) {
  double sum = 0;
  const int64_t count = std::min<int64_t>(20, height) * width;
  for (int64_t i = 0; i < count; ++i) sum += image[static_cast<size_t>(i)];
  return sum / static_cast<double>(count);
}

/// Per pixel the value of rank size / 2 of images [first, end).
template <class T>
std::vector<T> plain_median(const std::vector<std::vector<T>>& images, int64_t first, int64_t end) {
  std::vector<T> out(images[0].size());
  for (size_t x = 0; x < out.size(); ++x) {
    std::vector<T> column;
    for (int64_t f = first; f < end; ++f) column.push_back(images[static_cast<size_t>(f)][x]);
    std::sort(column.begin(), column.end());
    out[x] = column[column.size() / 2];
  }
  return out;
}

/// Which of these backgrounds stay.
template <class T>
std::vector<uint8_t> plain_keep(const std::vector<std::vector<T>>& all, int64_t height,
                                int64_t width, const CleansingRule& rule) {
  const RowRange rows = centre_rows(height);
  std::vector<uint16_t> profiles;
  for (const auto& background : all)
    for (int64_t y = rows.begin; y < rows.end; ++y) {
      const auto row = background.begin() + y * width;
      profiles.push_back(static_cast<uint16_t>(*std::max_element(row, row + width) -
                                               *std::min_element(row, row + width)));
    }
  std::vector<uint8_t> keep(all.size());
  std::vector<double> scratch(3 * all.size());
  cleanse(profiles, rows.count(), rule, keep, scratch);
  return keep;
}

/// \pre no frame is missing, all times are known
template <class T>
PlainResult<T> plain_backgrounds(const TestSeries<T>& series, const SparseMedianParams& p) {
  PlainResult<T> result;
  const std::vector<double>& t = series.times;
  const int64_t frames = series.frames(), k = std::min(p.kernel_size, frames);
  const double split = p.split_time.value;
  const auto steps =
      std::max<int64_t>(1, static_cast<int64_t>(std::ceil((t.back() - t[0]) / split)));
  for (int64_t i = 0; i < steps; ++i) {
    const double at = static_cast<double>(i) * split;
    int64_t first = first_nearest(t, [&](double x) { return std::fabs(at - x); });
    if (first + k >= frames) first = frames - k;
    result.all.push_back(plain_median(series.images, first, first + k));
  }
  const auto keep = plain_keep(result.all, series.height, series.width, p.cleansing());
  for (int64_t i = 0; i < steps; ++i)
    if (keep[static_cast<size_t>(i)]) {
      result.kept.push_back(result.all[static_cast<size_t>(i)]);
      result.kept_steps.push_back(i);
    }
  result.index.assign(static_cast<size_t>(frames), 0);
  int64_t start = 0;
  for (size_t ii = 0; ii < result.kept.size(); ++ii) {
    const double at = static_cast<double>(result.kept_steps[ii]) * split;
    const int64_t stop = first_nearest(t, [&](double x) { return std::fabs(x - at - split / 2); });
    for (int64_t j = start; j < stop; ++j)
      result.index[static_cast<size_t>(j)] = static_cast<int64_t>(ii);
    start = stop;
  }
  for (int64_t j = start; j < frames; ++j)
    result.index[static_cast<size_t>(j)] = static_cast<int64_t>(result.kept.size()) - 1;
  for (int64_t j = 0; j < frames; ++j) {
    const auto& background = result.kept[static_cast<size_t>(result.index[static_cast<size_t>(j)])];
    result.offset.push_back(
        plain_top(series.images[static_cast<size_t>(j)], series.height, series.width) -
        plain_top(background, series.height, series.width));
  }
  return result;
}

/// A small series with noise, streaks, flicker, pauses and frames of one time.
template <class T>
TestSeries<T> random_series(std::mt19937& random, bool falls = false) {
  TestSeries<T> series;
  series.height = 1 + random() % 45;
  series.width = 1 + random() % 9;
  const size_t frames = 1 + random() % 150;
  const auto pixels = static_cast<size_t>(series.height * series.width);
  const uint32_t level = sizeof(T) == 1 ? 100 : 3000,
                 noise = 1 + random() % (sizeof(T) == 1 ? 9 : 900);
  double time = 0;
  uint32_t streak = 0;
  for (size_t j = 0; j < frames; ++j) {
    std::vector<T> image(pixels);
    const uint32_t flash = random() % 20 == 0 ? 6 : 0;
    if (random() % 40 == 0) streak = random() % 30;
    for (size_t x = 0; x < pixels; ++x) {
      image[x] = static_cast<T>(level + x % 7 + random() % noise + flash);
      if (streak > 0 && x % 3 == 0) image[x] /= 2;
    }
    streak -= streak > 0;
    series.images.push_back(std::move(image));
    series.times.push_back(time);
    if (random() % 5 != 0) time += static_cast<double>(random() % 100) * 1e-4;
    if (random() % 60 == 0) time += 0.3;
    if (falls && random() % 40 == 0) time *= static_cast<double>(random() % 100) / 100;
  }
  return series;
}

}  // namespace parfocal::background
