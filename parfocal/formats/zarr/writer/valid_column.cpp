#include "parfocal/formats/zarr/writer/valid_column.h"

#include <algorithm>
#include <vector>

namespace parfocal {

bool add_valid(const ArrayReader& column, int64_t first, int64_t end, FrameSet& frames) {
  constexpr int64_t kRows = 65536;
  std::vector<uint8_t> rows(kRows);
  for (end = std::min(end, column.array().shape.at(0)); first < end; first += kRows) {
    Region region = Region::whole({std::min(end - first, kRows)});
    region.origin[0] = first;
    auto* data = reinterpret_cast<std::byte*>(rows.data());
    if (!column.read(packed_view(data, DType::u8, region)).ok()) return false;
    for (int64_t i = 0; i < region.shape[0]; ++i)
      if (rows[static_cast<size_t>(i)] != 0) frames.add(first + i);
  }
  return true;
}

}  // namespace parfocal
