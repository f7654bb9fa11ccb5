// libFuzzer: any bytes as zarr.json give metadata with the bounds promised, or an Error.
//   zarr_fuzz -max_total_time=120 -max_len=4096 <folder with zarr.json files>

#include <cstdint>

#include "parfocal/formats/zarr/array_metadata.h"

using namespace parfocal;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const ZarrArray array = parse_zarr_array(text);
    if (array.shape.size() != array.chunk.size() || array.chunk_bytes() <= 0 ||
        array.fill.size() != dtype_size(array.dtype))
      __builtin_trap();
  } catch (const Error&) {
  }
  try {
    const NgffImage image = parse_ngff_image(text);
    if (image.path.empty() || image.axes.size() < 2 || image.axes.size() > kMaxRank)
      __builtin_trap();
  } catch (const Error&) {
  }
  return 0;
}
