#include "parfocal/formats/zarr/writer/valid_column.h"

#include "parfocal/formats/zarr/column_pieces.h"

namespace parfocal {

bool add_valid(const ArrayReader& column, int64_t first, int64_t end, FrameSet& frames) {
  const auto add = [&](int64_t frame, std::span<const uint8_t> piece) {
    for (const uint8_t valid : piece) {
      if (valid != 0) frames.add(frame);
      ++frame;
    }
  };
  return for_each_piece<uint8_t>(column, first, end, add).ok();
}

}  // namespace parfocal
