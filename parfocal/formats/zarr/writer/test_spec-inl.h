#pragma once
/// For tests: descriptions of stores from short texts.

#include <map>
#include <string>
#include <vector>

#include "parfocal/formats/zarr/store.h"
#include "parfocal/formats/zarr/writer/store_metadata.h"

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

/// A square plane of uint16 that no other frame has; never 0, which is fill.
inline std::vector<uint16_t> plane_of(int64_t frame, int64_t side) {
  std::vector<uint16_t> pixels(static_cast<size_t>(side * side));
  for (size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<uint16_t>(1 + 1000 * frame + static_cast<int64_t>(i % 977));
  return pixels;
}

enum class Arrangement { root, series, plate };

inline ImageSpec image_at(const std::string& path, const std::string& axes, int levels,
                          bool label) {
  std::vector<int64_t> sizes;
  for (const char name : axes)
    sizes.push_back(
        std::map<char, int64_t>{{'t', 6}, {'c', 2}, {'z', 5}, {'y', 40}, {'x', 50}}[name]);
  ImageSpec image = make_image(path, axes, sizes, label ? DType::u32 : DType::u16);
  if (axes.size() > 2) image.axes[0].size = kUnbounded;
  for (Axis& axis : image.axes) {
    axis.scale = axis.name == "c" ? 1 : 0.25;
    axis.unit = axis.name == "c" ? "" : axis.name == "t" ? "s" : "um";
  }
  image.levels = levels;
  image.label = label;
  image.pool_z = axes.size() == 5;
  if (label) image.pooling = Pooling::mode;
  image.chunk[image.stream_rank()] = 16;
  image.chunk[image.stream_rank() + 1] = 25;
  image.compressors = {compressor(CodecKind::blosc, 1)};
  return image;
}

inline StoreSpec spec_of(Arrangement arrangement, const std::string& axes, int levels, int labels,
                         int zarr_format) {
  std::vector<std::string> paths = {""};
  if (arrangement == Arrangement::series) paths = {"0", "deep/er/1"};
  if (arrangement == Arrangement::plate) paths = {"A/1/0", "A/1/1", "C/02/0"};
  StoreSpec spec;
  spec.zarr_format = zarr_format;
  for (const std::string& path : paths) {
    spec.images.push_back(image_at(path, axes, levels, false));
    if (zarr_format == 3 && levels == 3) choose_chunks(spec.images.back(), true);
    for (int i = 0; i < labels; ++i)
      spec.images.push_back(image_at(joined_key(path, "labels/cells" + std::to_string(i)),
                                     axes.substr(axes.size() > 2), levels, true));
  }
  if (arrangement == Arrangement::plate) spec.plate = {{"my plate", {"A", "B", "C"}, {"1", "02"}}};
  spec.provenance_json = R"({"pipeline": "p"})";
  check_spec(spec);
  return spec;
}

inline std::vector<ImageState> states_of(const StoreSpec& spec, int64_t outer,
                                         const GapRanges& gaps) {
  std::vector<ImageState> states;
  for (const ImageSpec& image : spec.images) {
    ImageState state;
    state.outer = outer;
    state.reason = "running";
    state.items = 12;
    state.gaps = &gaps;
    if (!image.label) state.windows.resize(image.axes[0].name == "c" ? 2 : 1);
    states.push_back(state);
  }
  return states;
}

/// Calls f(name, spec) for 168 ways to put images, levels and labels into a store.
template <class F>
void for_each_layout(F&& f) {
  const char* const places[] = {"root", "series", "plate"};
  for (const int format : {2, 3})
    for (const Arrangement place : {Arrangement::root, Arrangement::series, Arrangement::plate})
      for (const char* axes : {"yx", "tyx", "cyx", "zyx", "tcyx", "tzyx", "tczyx"})
        for (const int levels : {1, 3})
          for (const int labels : {0, 2})
            f("v" + std::to_string(format) + "-" + places[static_cast<size_t>(place)] + "-" + axes +
                  "-levels" + std::to_string(levels) + "-labels" + std::to_string(labels),
              spec_of(place, axes, levels, labels, format));
}

}  // namespace parfocal::test
