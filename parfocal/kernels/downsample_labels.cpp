#include "parfocal/kernels/downsample_labels.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/downsample_labels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
HWY_INLINE void order(T& a, T& b) {
  const T low = std::min(a, b);
  b = std::max(a, b);
  a = low;
}

/// Sorted, equal values are neighbours, and the first pair of them is the smallest mode: of four
/// values none has more than two unless three are equal, and then no other has two.
template <class T>
HWY_INLINE T mode_of_four(T a, T b, T c, T d) {
  order(a, b);
  order(c, d);
  order(a, c);
  order(b, d);
  order(b, c);
  const T high = c == d ? c : a;
  const T middle = b == c ? b : high;
  return a == b ? a : middle;
}

// Plain loops: the compiler turns them into vectors for each target by itself.
template <class T>
void mode_row(const T* HWY_RESTRICT upper, const T* HWY_RESTRICT lower, int64_t blocks,
              T* HWY_RESTRICT half) {
  for (int64_t x = 0; x < blocks; ++x)
    half[x] = mode_of_four(upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]);
}

template <class T>
void smaller_row(const T* HWY_RESTRICT row, int64_t blocks, T* HWY_RESTRICT half) {
  for (int64_t x = 0; x < blocks; ++x) half[x] = std::min(row[2 * x], row[2 * x + 1]);
}

template <class T>
void mode_plane(Plane<const T> image, Plane<T> half) {
  const int64_t blocks = image.width / 2;
  for (int64_t y = 0; y < image.height; y += 2) {
    const T* upper = image.row(y);
    const T* lower = y + 1 < image.height ? image.row(y + 1) : upper;
    T* out = half.row(y / 2);
    if (lower != upper) {
      mode_row(upper, lower, blocks, out);
    } else {
      smaller_row(upper, blocks, out);
    }
    if (image.width % 2 != 0)
      out[blocks] = std::min(upper[image.width - 1], lower[image.width - 1]);
  }
}

template <class T>
void nearest_plane(Plane<const T> image, Plane<T> half) {
  for (int64_t y = 0; y < image.height; y += 2) {
    const T* HWY_RESTRICT row = image.row(y);
    T* HWY_RESTRICT out = half.row(y / 2);
    const int64_t blocks = image.width / 2;
    for (int64_t x = 0; x < blocks; ++x) out[x] = row[2 * x];
    if (image.width % 2 != 0) out[blocks] = row[image.width - 1];
  }
}

// One plain function a type: dispatch tables cannot hold templates. A type's name is pasted into
// the function's.
// clang-format off
#define PARFOCAL_INTEGERS(X)                                      \
  X(uint8_t) X(uint16_t) X(uint32_t) X(uint64_t)                  \
  X(int8_t) X(int16_t) X(int32_t) X(int64_t)
// clang-format on

#define PARFOCAL_TARGET(T) \
  void mode_##T(Plane<const T> image, Plane<T> half) { mode_plane<T>(image, half); }
PARFOCAL_INTEGERS(PARFOCAL_TARGET)
#undef PARFOCAL_TARGET
#define PARFOCAL_TARGET(T) \
  void nearest_##T(Plane<const T> image, Plane<T> half) { nearest_plane<T>(image, half); }
PARFOCAL_INTEGERS(PARFOCAL_TARGET)
PARFOCAL_TARGET(float)
PARFOCAL_TARGET(double)
#undef PARFOCAL_TARGET

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {
namespace {

/// The mode of a few values. Nearly all blocks of labels hold one value only.
template <class T>
T mode_of(const T* values, int count) noexcept {
  bool equal = true;
  for (int i = 1; i < count; ++i) equal &= values[i] == values[0];
  if (equal) return values[0];
  int most = 0;
  T mode = values[0];
  for (int i = 0; i < count; ++i) {
    const auto same = static_cast<int>(std::count(values, values + count, values[i]));
    if (same > most || (same == most && values[i] < mode)) mode = values[i];
    most = std::max(most, same);
  }
  return mode;
}

template <class T>
void mode_of_two_planes(Plane<const T> first, Plane<const T> second, Plane<T> half) noexcept {
  for (int64_t y = 0; y < first.height; y += 2) {
    const int64_t rows = std::min<int64_t>(2, first.height - y);
    for (int64_t x = 0; x < first.width; x += 2) {
      const int64_t columns = std::min<int64_t>(2, first.width - x);
      T values[8];
      int count = 0;
      for (int64_t row = y; row < y + rows; ++row) {
        for (int64_t column = x; column < x + columns; ++column) {
          values[count++] = first.row(row)[column];
          values[count++] = second.row(row)[column];
        }
      }
      half.row(y / 2)[x / 2] = mode_of(values, count);
    }
  }
}

}  // namespace

#define PARFOCAL_PUBLIC(T)                                                                  \
  HWY_EXPORT(mode_##T);                                                                     \
  template <>                                                                               \
  void mode_2x2<T>(Plane<const T> image, Plane<T> half) noexcept {                          \
    HWY_DYNAMIC_DISPATCH(mode_##T)(image, half);                                            \
  }                                                                                         \
  template <>                                                                               \
  void mode_2x2x2<T>(Plane<const T> first, Plane<const T> second, Plane<T> half) noexcept { \
    mode_of_two_planes<T>(first, second, half);                                             \
  }
PARFOCAL_INTEGERS(PARFOCAL_PUBLIC)
#undef PARFOCAL_PUBLIC

#define PARFOCAL_PUBLIC(T)                                            \
  HWY_EXPORT(nearest_##T);                                            \
  template <>                                                         \
  void nearest_2x2<T>(Plane<const T> image, Plane<T> half) noexcept { \
    HWY_DYNAMIC_DISPATCH(nearest_##T)(image, half);                   \
  }
PARFOCAL_INTEGERS(PARFOCAL_PUBLIC)
PARFOCAL_PUBLIC(float)
PARFOCAL_PUBLIC(double)
#undef PARFOCAL_PUBLIC

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
