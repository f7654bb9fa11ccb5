#include <algorithm>

#include "parfocal/formats/zarr/array_reader.h"
#include "parfocal/formats/zarr/hierarchy.h"
#include "parfocal/formats/zarr/writer/recovery.h"

namespace parfocal {
namespace {

constexpr int64_t kSampled = 16;  // frames of a channel

// Up to kSampled frames of a channel that are there, spread over all.
std::vector<int64_t> frames_of_channel(const ArrayGrid& grid, const FrameSet& present,
                                       size_t channel_axis, int64_t channel) {
  std::vector<int64_t> frames;
  const int64_t end = present.end();
  for (int64_t i = 0; i < kSampled; ++i) {
    FrameIndex index = grid.index_of(end * i / kSampled);
    if (channel >= 0) index[channel_axis] = channel;
    const int64_t frame = grid.frame_of(index);
    if (present.has(frame) && (frames.empty() || frames.back() != frame)) frames.push_back(frame);
  }
  return frames;
}

}  // namespace

std::vector<ContrastWindow> StoreRecovery::windows_of(const Image& image) const {
  const ImageSpec& spec = spec_of(image);
  if (spec.label) return {};
  const ArraySpec& array = image.levels.front()->spec();
  size_t axis = 0;
  while (axis < array.stream_rank() && array.names[axis] != "c") ++axis;
  const bool has_channels = axis < array.stream_rank();
  const int64_t channels = has_channels ? std::max<int64_t>(1, array.shape[axis]) : 1;
  std::vector<ContrastWindow> windows;
  for (int64_t c = 0; c < channels; ++c)
    windows.push_back(
        window_of(image, frames_of_channel(image.levels.front()->grid(), image.present, axis,
                                           has_channels ? c : -1)));
  return windows;
}

// What cannot be read is left out: a window is a help for the eye.
ContrastWindow StoreRecovery::window_of(const Image& image,
                                        const std::vector<int64_t>& frames) const {
  const ArrayRecovery& level = *image.levels.front();
  const ArraySpec& spec = level.spec();
  const size_t y = spec.stream_rank();
  ContrastSample sample;
  try {
    ReaderLimits limits;
    limits.chunk_cache_bytes = int64_t{4} << 20;
    const ArrayReader reader(store_, spec.path, ZarrHierarchy(store_).array(spec.path), limits);
    const Region plane = Region::whole({spec.shape[y], spec.shape[y + 1]});
    std::vector<std::byte> pixels(static_cast<size_t>(plane.count()) * dtype_size(spec.dtype));
    for (const int64_t frame : frames) {
      const Region region = plane_region(spec, level.grid().index_of(frame));
      if (reader.read(packed_view(pixels.data(), spec.dtype, region)).ok())
        sample.add(frame, packed_view<const std::byte>(pixels.data(), spec.dtype, plane), plane);
    }
  } catch (const Error&) {
  }
  return sample.window(spec.dtype);
}

}  // namespace parfocal
