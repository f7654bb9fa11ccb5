#include "parfocal/formats/picture/drawing/window.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "parfocal/core/dtype.h"

namespace parfocal {
namespace {

bool is_counted(DType dtype) { return !is_float(dtype) && dtype_size(dtype) <= 2; }

int64_t counts_of(DType dtype) { return int64_t{1} << (8 * dtype_size(dtype)); }

int64_t smallest(DType dtype) { return is_signed_integer(dtype) ? -(counts_of(dtype) / 2) : 0; }

// As NumPy goes from one to the next, so that the last bit is the same.
double between(double a, double b, double part) {
  return part >= 0.5 ? b - (b - a) * (1 - part) : a + (b - a) * part;
}

}  // namespace

Percentiles::Percentiles(DType dtype, int64_t pixels) {
  if (is_counted(dtype)) {
    counts_.resize(static_cast<size_t>(counts_of(dtype)));
    offset_ = smallest(dtype);
  } else {
    values_.resize(static_cast<size_t>(pixels));
  }
}

int64_t Percentiles::bytes(DType dtype, int64_t pixels) {
  return 8 * (is_counted(dtype) ? counts_of(dtype) : pixels);
}

Window Percentiles::of(const View& plane, double low, double high) {
  total_ = 0;
  std::fill(counts_.begin(), counts_.end(), 0);
  dispatch(plane.dtype, [&]<class T>() {
    for_each_run(plane, [&](const std::byte* run, const auto&) {
      const T* pixels = reinterpret_cast<const T*>(run);
      const auto n = static_cast<size_t>(plane.region.shape[plane.region.rank - 1]);
      for (size_t i = 0; i < n; ++i) {
        const auto value = static_cast<double>(pixels[i]);
        if (!std::isfinite(value)) continue;
        if (values_.empty())
          ++counts_[static_cast<size_t>(static_cast<int64_t>(value) - offset_)];
        else
          values_[static_cast<size_t>(total_)] = value;
        ++total_;
      }
    });
  });
  if (total_ == 0) return {};
  return {percentile(low), percentile(high)};
}

double Percentiles::percentile(double percent) {
  const double place = percent / 100 * static_cast<double>(total_ - 1);
  const auto first = static_cast<int64_t>(place);
  const int64_t next = std::min(first + 1, total_ - 1);
  const double part = place - static_cast<double>(first);
  if (!values_.empty()) {
    const auto begin = values_.begin(), end = begin + total_, at = begin + first;
    std::nth_element(begin, at, end);
    return between(*at, next == first ? *at : *std::min_element(at + 1, end), part);
  }
  double a = 0;
  int64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    const auto value = static_cast<double>(static_cast<int64_t>(i) + offset_);
    if (seen <= first && first < seen + counts_[i]) a = value;
    seen += counts_[i];
    if (seen > next) return between(a, value, part);
  }
  return a;
}

}  // namespace parfocal
