#include "parfocal/kernels/contour.h"

#include <algorithm>

#include "parfocal/kernels/label.h"
#include "parfocal/kernels/scratch.h"

namespace parfocal::kernels {
namespace {

constexpr int kWest = 4;

struct StartBuffers {
  uint8_t* background;
  uint32_t* labels;
  uint32_t* outside;
  std::byte* label_scratch;
};

StartBuffers take_buffers(ScratchCursor& cursor, int64_t width, int64_t height) noexcept {
  const auto pixels = static_cast<size_t>(width * height);
  StartBuffers b;
  b.background = cursor.take<uint8_t>(pixels);
  b.labels = cursor.take<uint32_t>(pixels);
  b.outside = cursor.take<uint32_t>(pixels);
  b.label_scratch =
      cursor.take<std::byte>(std::max(label_scratch_bytes(width, height, Connectivity::eight),
                                      label_scratch_bytes(width, height, Connectivity::four)));
  return b;
}

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
  for (int64_t y = 0; y < mask.height; ++y)
    for (int64_t x = 0; x < mask.width; ++x) b.background[y * mask.width + x] = mask.row(y)[x] == 0;
  label({b.background, mask.width, mask.height, mask.width}, Connectivity::four,
        {b.outside, mask.width, mask.height, mask.width}, b.label_scratch);
  PixelPoint start;
  uint32_t seen = 0;
  for (int64_t i = 0; i < mask.width * mask.height; ++i) {
    if (b.labels[i] <= seen) continue;
    seen = b.labels[i];
    if (b.outside[i - 1] == 1)
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
  take_buffers(cursor, width, height);
  return cursor.used_bytes();
}

PixelPoint outer_start(Plane<const uint8_t> mask, void* scratch) noexcept {
  ScratchCursor cursor(scratch);
  const StartBuffers b = take_buffers(cursor, mask.width, mask.height);
  const uint32_t parts = label(mask, Connectivity::eight,
                               {b.labels, mask.width, mask.height, mask.width}, b.label_scratch);
  return parts > 1 ? last_outer_start(mask, b) : first_pixel(mask);
}

}  // namespace parfocal::kernels
