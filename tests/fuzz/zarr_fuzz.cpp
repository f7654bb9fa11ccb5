// libFuzzer: any bytes as metadata of Zarr or OME-NGFF give metadata with the bounds promised, or
// an Error.
//   zarr_fuzz -max_total_time=120 -max_len=4096 <folder with zarr.json, .zarray and .zattrs files>

#include <cstdint>

#include "parfocal/formats/zarr/array_metadata.h"
#include "parfocal/formats/zarr/codec_chain.h"
#include "parfocal/formats/zarr/ngff_metadata.h"

using namespace parfocal;

static void check_array(ZarrArray (*parse)(std::string_view), std::string_view text) {
  try {
    const ZarrArray array = parse(text);
    if (array.shape.size() != array.chunk.size() || array.shape.empty() || array.shape.size() > 6 ||
        array.chunk_bytes() <= 0 || array.fill.size() != dtype_size(array.dtype))
      __builtin_trap();
    CodecChain(array.codecs, array.dtype, array.chunk, array.fill);
  } catch (const Error&) {
  }
}

static void check_ngff(std::string_view text, int zarr_format) {
  try {
    const NgffGroup group = parse_ngff(text, zarr_format);
    if (!group.image) return;
    const size_t axes = group.image->axes.size();
    if (group.image->levels.empty() || axes < 2 || axes > static_cast<size_t>(kMaxRank))
      __builtin_trap();
    for (const NgffLevel& level : group.image->levels)
      if (level.path.empty() || level.scale.size() != axes) __builtin_trap();
  } catch (const Error&) {
  }
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_array(parse_zarr_array, text);
  check_array(parse_zarr_v2_array, text);
  check_ngff(text, 2);
  check_ngff(text, 3);
  return 0;
}
