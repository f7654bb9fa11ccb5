#include "parfocal/kernels/fill_holes.h"

#include <algorithm>

#include "parfocal/kernels/background_labels.h"
#include "parfocal/kernels/bounding_box.h"

namespace parfocal::kernels {
namespace {

/// A part of the image that decides like the whole: outside of it all is background joined to the
/// top left pixel. Row 0 is empty, so columns beside the box and rows above it reach the top; rows
/// below reach it through a column beside, unless the box spans the whole width.
Window deciding_part(Plane<const uint8_t> mask) noexcept {
  Window box = bounding_box(mask);
  if (box.height == 0) return {};
  if (box.width == mask.width) box.height = mask.height - box.y0;
  return grown(box, 1, mask.width, mask.height);
}

}  // namespace

namespace {

// 4-connected parts of the background have at least one pixel each, and none beside another.
size_t most_parts(int64_t width, int64_t height) {
  return static_cast<size_t>((width + 1) / 2 * height);
}

struct HolesScratch {
  BackgroundLabels background;
  uint8_t* outside;  // of each part of the background: it reaches the edge
  HolesScratch(ScratchCursor& cursor, int64_t width, int64_t height)
      : background(cursor, width, height),
        outside(cursor.take<uint8_t>(most_parts(width, height) + 1)) {}
};

}  // namespace

size_t fill_holes_scratch_bytes(int64_t width, int64_t height) noexcept {
  ScratchCursor cursor(nullptr);
  const HolesScratch sized(cursor, width, height);
  return cursor.used_bytes();
}

void fill_holes(Plane<const uint8_t> mask, Plane<uint8_t> out, void* scratch) noexcept {
  if (mask.width == 0 || mask.height == 0) return;
  ScratchCursor cursor(scratch);
  const HolesScratch s(cursor, mask.width, mask.height);
  const Plane<const uint32_t> labels = s.background.of(mask);
  std::fill_n(s.outside, most_parts(mask.width, mask.height) + 1, uint8_t{0});
  for (int64_t x = 0; x < mask.width; ++x)
    s.outside[labels.row(0)[x]] = s.outside[labels.row(mask.height - 1)[x]] = 1;
  for (int64_t y = 0; y < mask.height; ++y)
    s.outside[labels.row(y)[0]] = s.outside[labels.row(y)[mask.width - 1]] = 1;
  s.outside[0] = 0;  // objects
  for (int64_t y = 0; y < mask.height; ++y)
    for (int64_t x = 0; x < mask.width; ++x) out.row(y)[x] = s.outside[labels.row(y)[x]] == 0;
}

size_t fill_from_corner_scratch_bytes(int64_t width, int64_t height) noexcept {
  ScratchCursor cursor(nullptr);
  const BackgroundLabels sized(cursor, width, height);
  return cursor.used_bytes();
}

void fill_from_corner(Plane<uint8_t> mask, void* scratch) noexcept {
  if (mask.width == 0 || mask.height == 0) return;
  std::fill_n(mask.row(0), mask.width, uint8_t{0});
  if (mask.height > 1) std::fill_n(mask.row(1), std::min<int64_t>(2, mask.width), uint8_t{0});
  const Window window = deciding_part({mask.data, mask.width, mask.height, mask.stride});
  if (window.height == 0) return;
  ScratchCursor cursor(scratch);
  const Plane<uint8_t> part = part_of(mask, window);
  const Plane<const uint32_t> labels = BackgroundLabels(cursor, mask.width, mask.height)
                                           .of({part.data, part.width, part.height, part.stride});
  // The first row of the part is background, so what is joined to the corner has the first label.
  for (int64_t y = 0; y < part.height; ++y)
    for (int64_t x = 0; x < part.width; ++x) part.row(y)[x] = labels.row(y)[x] != 1;
}

}  // namespace parfocal::kernels
