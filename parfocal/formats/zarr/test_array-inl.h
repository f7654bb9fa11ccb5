#pragma once
/// For tests: arrays written whole by the codecs, as any Zarr writer would store them.

#include <cstring>
#include <nlohmann/json.hpp>

#include "parfocal/formats/common/test_support-inl.h"
#include "parfocal/formats/zarr/array_copy.h"
#include "parfocal/formats/zarr/array_metadata.h"
#include "parfocal/formats/zarr/codec_chain.h"

namespace parfocal::test {

inline Region box_of(const std::vector<int64_t>& shape) {
  Region box;
  box.rank = static_cast<int>(shape.size());
  std::copy(shape.begin(), shape.end(), box.shape.begin());
  return box;
}

/// A v3 zarr.json; `codecs` as JSON.
inline nlohmann::json array_json(DType dtype, const std::vector<int64_t>& shape,
                                 const std::vector<int64_t>& chunk, const std::string& codecs) {
  using nlohmann::json;
  return {{"zarr_format", 3},
          {"node_type", "array"},
          {"shape", shape},
          {"data_type", dtype_name(dtype)},
          {"chunk_grid", {{"name", "regular"}, {"configuration", {{"chunk_shape", chunk}}}}},
          {"chunk_key_encoding", {{"name", "default"}, {"configuration", {{"separator", "/"}}}}},
          {"fill_value", 7},
          {"codecs", json::parse(codecs)},
          {"attributes", json::object()}};
}

/// The pixels of the box, where it lies in the array, and the fill value where it does not.
inline std::vector<std::byte> chunk_pixels(const ZarrArray& array, const Image& image,
                                           const Region& box) {
  std::vector<std::byte> pixels(static_cast<size_t>(array.chunk_bytes()));
  const int64_t size = static_cast<int64_t>(dtype_size(array.dtype));
  fill_box({pixels.data(), packed_strides(array.chunk, size)}, array.chunk, array.fill);
  const MutableView view = packed_view(pixels.data(), array.dtype, box);
  copy_pixels(image.view(), subview(view, clipped(box, image.region)));
  return pixels;
}

/// Writes every chunk (every shard) of the array below `folder`.
inline void write_chunks(const std::filesystem::path& folder, const ZarrArray& array,
                         const Image& image) {
  const CodecChain chain(array.codecs, array.dtype, array.chunk, array.fill);
  CodecScratch scratch;
  std::string bytes(static_cast<size_t>(chain.encoded_bound()), '\0');
  std::vector<int64_t> index(array.shape.size());
  for (;;) {
    Region box = box_of(array.chunk);
    for (size_t a = 0; a < index.size(); ++a) box.origin[a] = index[a] * array.chunk[a];
    size_t n = 0;
    const Status s = chain.encode(chunk_pixels(array, image, box),
                                  std::as_writable_bytes(std::span(bytes)), scratch, n);
    ASSERT_TRUE(s.ok()) << s.issue().str();
    write_text(folder / array.chunk_key(index), bytes.substr(0, n));
    size_t a = index.size();
    while (a-- > 0 && ++index[a] * array.chunk[a] >= array.shape[a]) index[a] = 0;
    if (a == ~size_t{0}) return;
  }
}

}  // namespace parfocal::test
