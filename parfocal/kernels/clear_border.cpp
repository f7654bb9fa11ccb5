#include "parfocal/kernels/clear_border.h"

#include <cstring>

#include "parfocal/kernels/label.h"
#include "parfocal/kernels/scratch.h"

namespace parfocal::kernels {

size_t clear_border_scratch_bytes(int64_t width, int64_t height) noexcept {
  ScratchCursor cursor(nullptr);
  cursor.take<uint8_t>(static_cast<size_t>(most_objects(width, height, Connectivity::eight)) + 1);
  return cursor.used_bytes();
}

void clear_border(Plane<uint8_t> mask, Plane<uint32_t> labels, uint32_t count, Window window,
                  int64_t width, int64_t height, void* scratch) noexcept {
  auto* touching = static_cast<uint8_t*>(scratch);
  std::memset(touching, 0, size_t{count} + 1);
  const auto mark_row = [&](int64_t y) {
    for (int64_t x = 0; x < labels.width; ++x) touching[labels.row(y)[x]] = 1;
  };
  const auto mark_column = [&](int64_t x) {
    for (int64_t y = 0; y < labels.height; ++y) touching[labels.row(y)[x]] = 1;
  };
  if (window.y0 == 0) mark_row(0);
  if (window.y0 + window.height == height) mark_row(window.height - 1);
  if (window.x0 == 0) mark_column(0);
  if (window.x0 + window.width == width) mark_column(window.width - 1);
  touching[0] = 1;  // background stays background
  for (int64_t y = 0; y < labels.height; ++y) {
    uint32_t* row = labels.row(y);
    uint8_t* bits = mask.row(y);
    for (int64_t x = 0; x < labels.width; ++x) {
      const bool keep = touching[row[x]] == 0;
      row[x] = keep ? row[x] : 0;
      bits[x] = static_cast<uint8_t>(keep);
    }
  }
}

}  // namespace parfocal::kernels
