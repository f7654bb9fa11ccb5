#pragma once
/// What the fuzzer of Zarr's and OME-NGFF's metadata tries, apart from libFuzzer: also called with
/// a corpus in every build (zarr/metadata_corpus_test.cpp). A broken promise ends the process.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "parfocal/formats/zarr/array_metadata.h"
#include "parfocal/formats/zarr/codec_chain.h"
#include "parfocal/formats/zarr/ngff_metadata.h"
#include "parfocal/formats/zarr/ngff_rules.h"

namespace parfocal::fuzz {

inline void require(bool kept) {
  if (!kept) std::abort();
}

inline void try_array(ZarrArray (*parse)(std::string_view), std::string_view text) {
  try {
    const ZarrArray array = parse(text);
    require(array.shape.size() == array.chunk.size() && !array.shape.empty());
    require(array.shape.size() <= 6 && array.chunk_bytes() > 0);
    require(array.fill.size() == dtype_size(array.dtype));
    CodecChain(array.codecs, array.dtype, array.chunk, array.fill);
  } catch (const Error&) {
  }
}

inline void try_ngff(std::string_view text, int zarr_format) {
  try {
    const NgffGroup group = parse_ngff(text, zarr_format);
    check_ngff(text, zarr_format);
    if (!group.image) return;
    const size_t axes = group.image->axes.size();
    require(!group.image->levels.empty() && axes >= 2 && axes <= static_cast<size_t>(kMaxRank));
    for (size_t k = 0; k < group.image->levels.size(); ++k) {
      const NgffLevel& level = group.image->levels[k];
      require(!level.path.empty() && level.scale.size() == axes);
      for (const Axis& axis : group.image->axes_of(k))
        require(axis.scale > 0 && axis.scale < std::numeric_limits<double>::infinity());
      group.image->notices_of(k);
    }
  } catch (const Error&) {
  }
}

/// Any bytes as metadata of Zarr or OME-NGFF give metadata with the bounds promised, or an Error.
inline int fuzz_zarr(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try_array(parse_zarr_array, text);
  try_array(parse_zarr_v2_array, text);
  try_ngff(text, 2);
  try_ngff(text, 3);
  return 0;
}

}  // namespace parfocal::fuzz
