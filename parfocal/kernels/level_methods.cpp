#include "parfocal/kernels/level_methods.h"

#include <algorithm>
#include <cmath>

#include "parfocal/kernels/histogram.h"

namespace parfocal::kernels {
namespace {

std::optional<double> otsu(const LevelCounts& of, void* scratch) noexcept {
  const uint64_t* counts = of.counts.data();
  if (of.centres)
    return of.centres[otsu_bin(counts, of.centres, of.size(), static_cast<double*>(scratch))];
  return of.level(otsu_level(counts, of.size(), static_cast<int64_t>(of.first)));
}

uint64_t pixels_of(const LevelCounts& of) noexcept {
  uint64_t total = 0;
  for (const uint64_t count : of.counts) total += count;
  return total;
}

// In float32 from the first to the last step: the criterion is flat at its top, so that its
// rounding chooses among neighbours.
std::optional<double> yen(const LevelCounts& of, void* scratch) noexcept {
  const size_t n = of.size();
  if (n == 1) return of.level(0);
  const auto total = static_cast<float>(pixels_of(of));
  const auto share = [&](size_t i) { return static_cast<float>(of.counts[i]) / total; };
  auto* squares_above = static_cast<float*>(scratch);  // of levels i and higher
  float sum = 0;
  for (size_t i = n; i-- > 0;) squares_above[i] = sum += share(i) * share(i);
  float below = 0, squares_below = 0, most = -INFINITY;
  size_t best = 0;
  for (size_t i = 0; i + 1 < n; ++i) {
    below += share(i);
    squares_below += share(i) * share(i);
    const float both = below * (1.0F - below);
    const float ratio = (1.0F / (squares_below * squares_above[i + 1])) * (both * both);
    const auto criterion = static_cast<float>(std::log(static_cast<double>(ratio)));
    if (criterion > most) most = criterion, best = i;
  }
  return of.level(best);
}

// The lowest level that lies half way between the means of the pixels up to it and above it, to
// within the distance of two levels. T: in which sums of levels are rounded.
template <class T>
std::optional<double> isodata_in(const LevelCounts& of) noexcept {
  const size_t n = of.size();
  const auto moment = [&](size_t i) {
    return static_cast<T>(static_cast<T>(of.counts[i]) * static_cast<T>(of.level(i)));
  };
  T all = 0;
  for (size_t i = 0; i < n; ++i) all += moment(i);
  const uint64_t total = pixels_of(of);
  const T width = static_cast<T>(of.level(1)) - static_cast<T>(of.level(0));
  uint64_t below = 0;
  T moment_below = 0;
  size_t last = 0;
  for (size_t i = 0; i + 1 < n; ++i) {
    below += of.counts[i];
    moment_below += moment(i);
    const T lower = moment_below / static_cast<T>(below);
    const T higher = (all - moment_below) / static_cast<T>(total - below);
    const T distance = (lower + higher) / T{2} - static_cast<T>(of.level(i));
    if (distance >= 0) last = i;
    if (distance >= 0 && distance < width) return of.level(i);
  }
  return of.level(last);  // by a rounding none lay within
}

std::optional<double> isodata(const LevelCounts& of, void*) noexcept {
  if (of.size() == 1) return of.level(0);
  return of.single ? isodata_in<float>(of) : isodata_in<double>(of);
}

// The level farthest from the line between the highest count and the end of the longer tail.
std::optional<double> triangle(const LevelCounts& of, void*) noexcept {
  const size_t n = of.size();
  const auto peak =
      static_cast<size_t>(std::max_element(of.counts.begin(), of.counts.end()) - of.counts.begin());
  const bool upper_tail = peak < n - 1 - peak;
  const size_t tail = upper_tail ? n - 1 - peak : peak;
  const auto height = static_cast<double>(of.counts[peak]), width = static_cast<double>(tail);
  const double length = std::sqrt(height * height + width * width);
  double most = -INFINITY;
  size_t best = 0;  // from the tail's end
  for (size_t i = 0; i < tail; ++i) {
    const auto count = static_cast<double>(of.counts[upper_tail ? n - 1 - i : i]);
    const double distance = height / length * static_cast<double>(i) - width / length * count;
    if (distance > most) most = distance, best = i;
  }
  return of.level(upper_tail ? n - 1 - best : best);
}

constexpr int kMostSmoothings = 10000;

// Mean of three neighbours, the outermost counted twice, by the running sum that
// scipy.ndimage.uniform_filter1d keeps in double.
void smooth(const float* from, size_t n, float* to) noexcept {
  const auto at = [&](size_t padded) {  // the row with its ends doubled
    return static_cast<double>(from[padded == 0 ? 0 : std::min(padded - 1, n - 1)]);
  };
  double sum = at(0) + at(1) + at(2);
  to[0] = static_cast<float>(sum / 3.0);
  for (size_t i = 1; i < n; ++i) {
    sum += at(i + 2) - at(i - 1);
    to[i] = static_cast<float>(sum / 3.0);
  }
}

struct Maxima {
  size_t first = 0, second = 0;
  int found = 0;  // 3: more than two
};

// Where a rise, or a plateau behind one, is followed by a fall.
Maxima maxima_of(const float* counts, size_t n) noexcept {
  Maxima result;
  bool rising = true;
  for (size_t i = 0; i + 1 < n && result.found < 3; ++i) {
    if (rising && counts[i + 1] < counts[i]) {
      rising = false;
      (result.found == 0 ? result.first : result.second) = i;
      ++result.found;
    } else if (!rising && counts[i + 1] > counts[i]) {
      rising = true;
    }
  }
  return result;
}

// The lowest point between the two maxima that are left when the counts are smoothed.
std::optional<double> minimum(const LevelCounts& of, void* scratch) noexcept {
  const size_t n = of.size();
  auto* now = static_cast<float*>(scratch);
  float* next = now + n;
  for (size_t i = 0; i < n; ++i) now[i] = static_cast<float>(of.counts[i]);
  Maxima maxima;
  int rounds = 0;
  for (; rounds < kMostSmoothings; ++rounds) {
    smooth(now, n, next);
    std::swap(now, next);
    maxima = maxima_of(now, n);
    if (maxima.found < 3) break;
  }
  if (maxima.found != 2 || rounds == kMostSmoothings - 1) return std::nullopt;
  return of.level(
      static_cast<size_t>(std::min_element(now + maxima.first, now + maxima.second + 1) - now));
}

struct Part {
  uint64_t pixels = 0;
  uint64_t moment = 0;  // levels counted from the first
  double mean() const noexcept { return static_cast<double>(moment) / static_cast<double>(pixels); }
};

Part part_of(const LevelCounts& of, size_t begin, size_t end) noexcept {
  Part part;
  for (size_t i = begin; i < end; ++i) {
    part.pixels += of.counts[i];
    part.moment += of.counts[i] * i;
  }
  return part;
}

std::optional<double> mean(const LevelCounts& of, void*) noexcept {
  const Part all = part_of(of, 0, of.size());
  const auto pixels = static_cast<double>(all.pixels);
  return (static_cast<double>(all.moment) + of.first * pixels) / pixels;
}

// From the mean on: the logarithmic mean of the means of both sides, until it moves by less than
// half a level.
std::optional<double> li(const LevelCounts& of, void*) noexcept {
  if (of.size() == 1) return of.level(0);
  double level = part_of(of, 0, of.size()).mean(), before = -1;
  while (std::abs(level - before) > 0.5) {
    before = level;
    const size_t split = static_cast<size_t>(level) + 1;
    const double below = part_of(of, 0, split).mean();
    const double above = part_of(of, split, of.size()).mean();
    if (below == 0) break;
    level = (below - above) / (std::log(below) - std::log(above));
  }
  return level + of.first;
}

constexpr LevelMethod kMethods[] = {
    {"otsu", false, otsu},
    {"li", true, li},
    {"yen", false, yen},
    {"isodata", false, isodata},
    {"triangle", false, triangle},
    {"mean", true, mean},
    {"minimum", false, minimum, "the histogram has no two peaks with a minimum between them"},
};

}  // namespace

std::span<const LevelMethod> level_methods() noexcept { return kMethods; }

const LevelMethod* level_method(std::string_view name) noexcept {
  const auto* found = std::find_if(std::begin(kMethods), std::end(kMethods),
                                   [&](const LevelMethod& m) { return m.name == name; });
  return found == std::end(kMethods) ? nullptr : found;
}

}  // namespace parfocal::kernels
