#include "parfocal/kernels/grey_morphology.h"

#include <algorithm>

#include "parfocal/kernels/scratch.h"

namespace parfocal::kernels {
namespace {

// NaN wins on either side, so it spreads whatever the order of the chords.
struct Smaller {
  template <class T>
  T operator()(T a, T b) const {
    return a < b || a != a ? a : b;
  }
};
struct Larger {
  template <class T>
  T operator()(T a, T b) const {
    return a > b || a != a ? a : b;
  }
};

// to[x] = best of row[x .. x + length), x < width; the row (width + length - 1 pixels) is used up.
// `joins`: the best of that and what `to` held.
template <class Better, class T>
void best_of_runs(T* row, int64_t width, int64_t length, bool joins, T* to) {
  const Better better;
  int64_t span = 1;
  for (; 2 * span <= length; span *= 2) {
    const int64_t count = width + length - 2 * span;
    for (int64_t x = 0; x < count; ++x) row[x] = better(row[x], row[x + span]);
  }
  const T* rest = row + (length - span);
  if (joins)
    for (int64_t x = 0; x < width; ++x) to[x] = better(to[x], better(row[x], rest[x]));
  else
    for (int64_t x = 0; x < width; ++x) to[x] = better(row[x], rest[x]);
}

template <class Better, class T>
void morph(Plane<const T> in, Plane<T> out, const ImageTile& tile, Footprint footprint, bool mirror,
           void* scratch) {
  T* row = static_cast<T*>(scratch);
  for (int64_t y = 0; y < out.height; ++y)
    for (int64_t k = 0; k < footprint.count; ++k) {
      const Chord& chord = footprint.chords[k];
      const int64_t length = chord.end - chord.begin;
      const int64_t dy = mirror ? -chord.row : chord.row;
      const int64_t dx = mirror ? 1 - chord.end : chord.begin;
      const int64_t from = reflected(tile.output_y + y + dy, tile.image_height);
      load_reflected(in.row(from - tile.window_y), tile.window_x, tile.image_width,
                     tile.output_x + dx, out.width + length - 1, row);
      best_of_runs<Better>(row, out.width, length, k > 0, out.row(y));
    }
}

}  // namespace

size_t grey_scratch_bytes(int64_t output_width, Footprint footprint,
                          size_t element_bytes) noexcept {
  int64_t longest = 1;
  for (int64_t k = 0; k < footprint.count; ++k)
    longest = std::max<int64_t>(longest, footprint.chords[k].end - footprint.chords[k].begin);
  ScratchCursor cursor(nullptr);
  cursor.take<std::byte>(static_cast<size_t>(output_width + longest - 1) * element_bytes);
  return cursor.used_bytes();
}

template <class T>
void grey_erode(Plane<const T> in, Plane<T> out, const ImageTile& tile, Footprint footprint,
                void* scratch) noexcept {
  morph<Smaller>(in, out, tile, footprint, false, scratch);
}
template <class T>
void grey_dilate(Plane<const T> in, Plane<T> out, const ImageTile& tile, Footprint footprint,
                 void* scratch) noexcept {
  morph<Larger>(in, out, tile, footprint, true, scratch);
}

template void grey_erode(Plane<const uint8_t>, Plane<uint8_t>, const ImageTile&, Footprint,
                         void*) noexcept;
template void grey_erode(Plane<const uint16_t>, Plane<uint16_t>, const ImageTile&, Footprint,
                         void*) noexcept;
template void grey_erode(Plane<const float>, Plane<float>, const ImageTile&, Footprint,
                         void*) noexcept;
template void grey_dilate(Plane<const uint8_t>, Plane<uint8_t>, const ImageTile&, Footprint,
                          void*) noexcept;
template void grey_dilate(Plane<const uint16_t>, Plane<uint16_t>, const ImageTile&, Footprint,
                          void*) noexcept;
template void grey_dilate(Plane<const float>, Plane<float>, const ImageTile&, Footprint,
                          void*) noexcept;

}  // namespace parfocal::kernels
