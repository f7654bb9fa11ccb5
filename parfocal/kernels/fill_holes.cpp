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

struct HolesScratch {
  BackgroundLabels background;
  size_t parts;      // of the background, at most, and the objects
  uint8_t* outside;  // of each: it is background and reaches the edge
  HolesScratch(ScratchCursor& cursor, int64_t width, int64_t height)
      : background(cursor, width, height),
        parts(static_cast<size_t>(most_objects(width, height, Connectivity::four)) + 1),
        outside(cursor.take<uint8_t>(parts)) {}
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
  std::fill_n(s.outside, s.parts, uint8_t{0});
  for_each_edge_pixel(labels, [&s](uint32_t label) { s.outside[label] = 1; });
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
