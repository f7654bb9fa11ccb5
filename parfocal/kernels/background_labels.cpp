#include "parfocal/kernels/background_labels.h"

namespace parfocal::kernels {

BackgroundLabels::BackgroundLabels(ScratchCursor& cursor, int64_t width, int64_t height) noexcept
    : background_(cursor.take<uint8_t>(static_cast<size_t>(width * height))),
      labels_(cursor.take<uint32_t>(static_cast<size_t>(width * height))),
      scratch_(cursor.take<std::byte>(label_scratch_bytes(width, height, Connectivity::four))) {}

Plane<const uint32_t> BackgroundLabels::of(Plane<const uint8_t> mask) const noexcept {
  const Plane<uint8_t> background{background_, mask.width, mask.height, mask.width};
  for (int64_t y = 0; y < mask.height; ++y)
    for (int64_t x = 0; x < mask.width; ++x) background.row(y)[x] = mask.row(y)[x] == 0;
  label({background_, mask.width, mask.height, mask.width}, Connectivity::four,
        {labels_, mask.width, mask.height, mask.width}, scratch_);
  return {labels_, mask.width, mask.height, mask.width};
}

}  // namespace parfocal::kernels
