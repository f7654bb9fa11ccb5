#include "parfocal/formats/zarr/contrast.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "parfocal/formats/common/counter_random.h"

namespace parfocal {
namespace {

constexpr uint64_t kPositionSeed = 1, kPrioritySeed = 2;

// The absolute coordinates of the `pixel`-th pixel of `whole`; false if outside `region`.
bool locate(const Region& whole, const Region& region, uint64_t pixel,
            std::array<int64_t, kMaxRank>& at) {
  for (int a = whole.rank - 1; a >= 0; --a) {
    const auto side = static_cast<uint64_t>(whole.shape[a]);
    at[a] = static_cast<int64_t>(pixel % side);
    pixel /= side;
    if (at[a] < region.begin(a) || at[a] >= region.end(a)) return false;
  }
  return true;
}

double pixel_value(const View& view, const std::array<int64_t, kMaxRank>& at) {
  int64_t offset = 0;
  for (int a = 0; a < view.region.rank; ++a)
    offset += (at[a] - view.region.origin[a]) * view.strides[a];
  return dispatch(view.dtype, [&]<class T>() { return static_cast<double>(view.as<T>()[offset]); });
}

double percentile(const std::vector<double>& sorted, double fraction) {
  const double at = fraction * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = at - static_cast<double>(below);
  const double span = sorted[above] - sorted[below];
  return std::isfinite(span) ? sorted[below] + part * span : sorted[part < 0.5 ? below : above];
}

}  // namespace

void ContrastSample::add(int64_t sequence, const View& view, const Region& whole, int axis,
                         int64_t index) {
  if (whole.count() == 0 || view.region.count() == 0) return;
  const uint64_t where = random_key(kPositionSeed, static_cast<uint64_t>(sequence));
  const uint64_t rank = random_key(kPrioritySeed, static_cast<uint64_t>(sequence));
  std::array<int64_t, kMaxRank> at{};
  kept_.reserve(kKept);
  for (int64_t j = 0; j < kCandidates; ++j) {
    const uint64_t priority = random_bits(rank, static_cast<uint64_t>(j));
    if (kept_.size() == kKept && priority >= kept_.front().first) continue;
    const uint64_t pixel =
        random_bits(where, static_cast<uint64_t>(j)) % static_cast<uint64_t>(whole.count());
    if (!locate(whole, view.region, pixel, at) || (axis >= 0 && at[axis] != index)) continue;
    const double value = pixel_value(view, at);
    if (!std::isfinite(value)) continue;
    if (kept_.size() == kKept) {
      std::pop_heap(kept_.begin(), kept_.end());
      kept_.pop_back();
    }
    kept_.emplace_back(priority, value);
    std::push_heap(kept_.begin(), kept_.end());
  }
}

ContrastWindow ContrastSample::window(DType dtype) const {
  if (dtype == DType::boolean) return {0, 1, 0, 1};
  std::vector<double> sorted;
  for (const auto& [priority, value] : kept_) sorted.push_back(value);
  std::sort(sorted.begin(), sorted.end());
  ContrastWindow w;
  if (!sorted.empty())
    w = {percentile(sorted, 0.001), percentile(sorted, 0.999), sorted.front(), sorted.back()};
  // A constant image is drawn as one step below white, not black; relative for large floats.
  if (!(w.start < w.end)) w.end = w.start + std::max(1.0, std::abs(w.start) * 1e-6);
  constexpr double kMost = std::numeric_limits<double>::max();
  if (w.end > kMost) w.start = kMost * (1 - 1e-6), w.end = kMost;
  w.max = std::max(w.max, w.end);
  if (is_integer(dtype) && dtype_size(dtype) <= 2)
    dispatch(dtype, [&]<class T>() {
      w.min = static_cast<double>(std::numeric_limits<T>::lowest());
      w.max = static_cast<double>(std::numeric_limits<T>::max());
      if (w.end > w.max) w.start = w.max - 1, w.end = w.max;
    });
  return w;
}

}  // namespace parfocal
