#pragma once
/// For tests: descriptions of stores from short texts.

#include <string>
#include <vector>

#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal::test {

/// "tcyx" with one size for each axis; every frame is a chunk.
inline ImageSpec make_image(const std::string& path, const std::string& axes,
                            const std::vector<int64_t>& sizes, DType dtype) {
  ImageSpec image;
  image.path = path;
  image.name = path.empty() ? "image" : path;
  for (size_t a = 0; a < axes.size(); ++a) {
    image.axes.push_back({axes.substr(a, 1), sizes[a], 1, "", {}});
    image.chunk.push_back(a + 2 < axes.size() ? 1 : sizes[a]);
  }
  image.dtype = dtype;
  return image;
}
inline StoreSpec make_store(std::vector<ImageSpec> images, int zarr_format = 3) {
  StoreSpec spec;
  spec.zarr_format = zarr_format;
  spec.images = std::move(images);
  return spec;
}
inline CodecSpec compressor(CodecKind kind, int level) {
  CodecSpec codec;
  codec.kind = kind;
  codec.level = level;
  return codec;
}

}  // namespace parfocal::test
