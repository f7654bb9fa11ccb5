#include "parfocal/kernels/downsample.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "parfocal/kernels/downsample.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "parfocal/kernels/downsample-inl.h"

HWY_BEFORE_NAMESPACE();
namespace parfocal::kernels {
namespace HWY_NAMESPACE {
namespace {

template <Step kStep, int kRows, int kColumns, class T>
HWY_INLINE void one_block(const Row<T>& row, int64_t x) {
  constexpr int kShift = (kRows - 1) + (kColumns - 1) + (kStep == Step::mean_of_two ? 1 : 0);
  using W = block_sum_t<T>;
  W sum = block_sum<kRows, kColumns>(row.upper + 2 * x, row.lower + (kRows == 2 ? 2 * x : 0));
  if constexpr (kStep == Step::mean_of_two) sum = static_cast<W>(row.sums_in[x] + sum);
  if constexpr (kStep == Step::sum) {
    row.sums_out[x] = sum;
  } else {
    row.half[x] = rounded_one<T>(sum, kShift);
  }
}

template <Step kStep, int kRows, class T>
void whole_row(const Row<T>& row, int64_t width) {
  int64_t x = 0;
  if constexpr (kHasLanes<T>) x = row_of_vectors<kStep, kRows>(row, width / 2);
  for (; x < width / 2; ++x) one_block<kStep, kRows, 2>(row, x);
  if (width % 2 != 0) one_block<kStep, kRows, 1>(row, x);
}

template <Step kStep, class T>
void whole_plane(Plane<const T> image, Plane<block_sum_t<T>> sums_out,
                 Plane<const block_sum_t<T>> sums_in, Plane<T> half) {
  const auto row_at = [](auto plane, int64_t y)
                          HWY_ATTR { return plane.data == nullptr ? nullptr : plane.row(y); };
  for (int64_t y = 0; y < image.height; y += 2) {
    Row<T> row{image.row(y), nullptr, row_at(sums_out, y / 2), row_at(sums_in, y / 2),
               row_at(half, y / 2)};
    if (y + 1 < image.height) {
      row.lower = image.row(y + 1);
      whole_row<kStep, 2>(row, image.width);
    } else {
      whole_row<kStep, 1>(row, image.width);
    }
  }
}

template <int kShift, class T>
void round_row(const block_sum_t<T>* HWY_RESTRICT sums, int64_t width, T* HWY_RESTRICT half) {
  int64_t x = 0;
  if constexpr (kHasLanes<T>) x = round_vectors<kShift>(sums, width / 2, half);
  for (; x < width / 2; ++x) half[x] = rounded_one<T>(sums[x], kShift);
  if (width % 2 != 0) half[x] = rounded_one<T>(sums[x], kShift - 1);
}

template <class T>
void round_plane(Plane<const block_sum_t<T>> sums, int64_t width, int64_t height, Plane<T> half) {
  for (int64_t y = 0; y < height; y += 2) {
    if (y + 1 < height) {
      round_row<2>(sums.row(y / 2), width, half.row(y / 2));
    } else {
      round_row<1>(sums.row(y / 2), width, half.row(y / 2));
    }
  }
}

// One plain function a type: dispatch tables cannot hold templates. A type's name is pasted into
// the function's.
// clang-format off
#define PARFOCAL_NUMBERS(X)                                       \
  X(uint8_t) X(uint16_t) X(uint32_t) X(uint64_t)                  \
  X(int8_t) X(int16_t) X(int32_t) X(int64_t) X(float) X(double)
// clang-format on

#define PARFOCAL_TARGET(T)                                                                         \
  void mean_##T(Plane<const T> image, Plane<T> half) {                                             \
    whole_plane<Step::mean, T>(image, {}, {}, half);                                               \
  }                                                                                                \
  void sum_##T(Plane<const T> image, Plane<block_sum_t<T>> sums) {                                 \
    whole_plane<Step::sum, T>(image, sums, {}, {});                                                \
  }                                                                                                \
  void mean_of_two_##T(Plane<const block_sum_t<T>> sums, Plane<const T> second, Plane<T> half) {   \
    whole_plane<Step::mean_of_two, T>(second, {}, sums, half);                                     \
  }                                                                                                \
  void round_##T(Plane<const block_sum_t<T>> sums, int64_t width, int64_t height, Plane<T> half) { \
    round_plane<T>(sums, width, height, half);                                                     \
  }
PARFOCAL_NUMBERS(PARFOCAL_TARGET)
#undef PARFOCAL_TARGET

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace parfocal::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parfocal::kernels {

#define PARFOCAL_PUBLIC(T)                                                     \
  HWY_EXPORT(mean_##T);                                                        \
  HWY_EXPORT(sum_##T);                                                         \
  HWY_EXPORT(mean_of_two_##T);                                                 \
  HWY_EXPORT(round_##T);                                                       \
  template <>                                                                  \
  void mean_2x2<T>(Plane<const T> image, Plane<T> half) noexcept {             \
    HWY_DYNAMIC_DISPATCH(mean_##T)(image, half);                               \
  }                                                                            \
  template <>                                                                  \
  void sum_2x2<T>(Plane<const T> image, Plane<block_sum_t<T>> sums) noexcept { \
    HWY_DYNAMIC_DISPATCH(sum_##T)(image, sums);                                \
  }                                                                            \
  template <>                                                                  \
  void mean_2x2x2<T>(Plane<const block_sum_t<T>> sums, Plane<const T> second,  \
                     Plane<T> half) noexcept {                                 \
    HWY_DYNAMIC_DISPATCH(mean_of_two_##T)(sums, second, half);                 \
  }                                                                            \
  template <>                                                                  \
  void mean_of_sums<T>(Plane<const block_sum_t<T>> sums, int64_t image_width,  \
                       int64_t image_height, Plane<T> half) noexcept {         \
    HWY_DYNAMIC_DISPATCH(round_##T)(sums, image_width, image_height, half);    \
  }
PARFOCAL_NUMBERS(PARFOCAL_PUBLIC)
#undef PARFOCAL_PUBLIC

}  // namespace parfocal::kernels
#endif  // HWY_ONCE
