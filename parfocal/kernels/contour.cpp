#include "parfocal/kernels/contour.h"

#include <algorithm>

#include "parfocal/kernels/background_labels.h"

namespace parfocal::kernels {
namespace {

constexpr int kWest = 4;

struct StartBuffers {
  StartBuffers(ScratchCursor& cursor, int64_t width, int64_t height) noexcept
      : labels(cursor.take<uint32_t>(static_cast<size_t>(width * height))),
        label_scratch(
            cursor.take<std::byte>(label_scratch_bytes(width, height, Connectivity::eight))),
        background(cursor, width, height) {}
  uint32_t* labels;
  std::byte* label_scratch;
  BackgroundLabels background;
};

PixelPoint first_pixel(Plane<const uint8_t> mask) noexcept {
  for (int64_t y = 0; y < mask.height; ++y) {
    const uint8_t* row = mask.row(y);
    const uint8_t* found = std::find_if(row, row + mask.width, [](uint8_t v) { return v != 0; });
    if (found != row + mask.width)
      return {static_cast<int32_t>(found - row), static_cast<int32_t>(y)};
  }
  return {};
}

/// The first pixels of parts come in the order of their labels, so the last first pixel beside
/// outside background is the one wanted.
PixelPoint last_outer_start(Plane<const uint8_t> mask, const StartBuffers& b) noexcept {
  const uint32_t* const outside = b.background.of(mask).data;
  PixelPoint start;
  uint32_t seen = 0;
  for (int64_t i = 0; i < mask.width * mask.height; ++i) {
    if (b.labels[i] <= seen) continue;
    seen = b.labels[i];
    if (outside[i - 1] == 1)
      start = {static_cast<int32_t>(i % mask.width), static_cast<int32_t>(i / mask.width)};
  }
  return start;
}

}  // namespace

Border outer_border(Plane<const uint8_t> mask, PixelPoint start, PixelPoint origin,
                    uint8_t* steps) noexcept {
  std::ptrdiff_t offsets[16];
  for (int s = 0; s < 16; ++s) offsets[s] = kStepX[s % 8] + kStepY[s % 8] * mask.stride;
  const Border single{{start.x + origin.x, start.y + origin.y}, steps, 1};
  const uint8_t* const first = mask.row(start.y) + start.x;
  int s = kWest;  // background, as `first` is the first pixel
  do {
    s = (s + 7) % 8;
  } while (s != kWest && first[offsets[s]] == 0);
  if (s == kWest) return single;
  const uint8_t* const last = first + offsets[s];
  const uint8_t* at = first;
  Border border = single;
  border.points = 0;
  for (;;) {
    do {
      ++s;
    } while (at[offsets[s]] == 0);
    s %= 8;
    const uint8_t* next = at + offsets[s];
    steps[border.points++] = static_cast<uint8_t>(s);
    if (next == first && at == last) return border;
    at = next;
    s = (s + 4) % 8;
  }
}

size_t outer_start_scratch_bytes(int64_t width, int64_t height) noexcept {
  ScratchCursor cursor(nullptr);
  const StartBuffers sized(cursor, width, height);
  return cursor.used_bytes();
}

PixelPoint outer_start(Plane<const uint8_t> mask, void* scratch) noexcept {
  ScratchCursor cursor(scratch);
  const StartBuffers b(cursor, mask.width, mask.height);
  const uint32_t parts = label(mask, Connectivity::eight,
                               {b.labels, mask.width, mask.height, mask.width}, b.label_scratch);
  return parts > 1 ? last_outer_start(mask, b) : first_pixel(mask);
}

}  // namespace parfocal::kernels
