#include "parfocal/formats/tiff/channel_planes.h"

namespace parfocal {
namespace {

// A step that is known when it is compiled makes vectors of what colour images have.
template <int64_t step, class U>
void take_sample(const U* from, U* to, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = from[i * step];
}
template <class U>
void take_sample(const U* from, int64_t step, U* to, int64_t n) {
  if (step == 3) return take_sample<3>(from, to, n);
  if (step == 4) return take_sample<4>(from, to, n);
  if (step == 2) return take_sample<2>(from, to, n);
  for (int64_t i = 0; i < n; ++i) to[i] = from[i * step];
}

// Pixels are moved as unsigned integers of their size.
void take_sample(const std::byte* pixels, int64_t sample, int64_t samples, int64_t bytes,
                 std::byte* to, int64_t n) {
  const auto move = [&]<class U>(U) {
    take_sample(reinterpret_cast<const U*>(pixels) + sample, samples, reinterpret_cast<U*>(to), n);
  };
  if (bytes == 1) move(uint8_t{});
  if (bytes == 2) move(uint16_t{});
  if (bytes == 4) move(uint32_t{});
  if (bytes == 8) move(uint64_t{});
}

template <class Index>
void look_up(const TiffPalette& palette, int64_t colour, const std::byte* places, DType dtype,
             std::byte* to, int64_t n) {
  const auto* from = reinterpret_cast<const Index*>(places);
  if (dtype == DType::u8)
    palette.look_up(colour, from, reinterpret_cast<uint8_t*>(to), n);
  else
    palette.look_up(colour, from, reinterpret_cast<uint16_t*>(to), n);
}

}  // namespace

Status ChannelPlanes::open(const TiffFile& file) {
  return page_.has_palette() ? palette_.read(file, page_) : Status();
}

void ChannelPlanes::put(const std::byte* pixels, int64_t y, int64_t x, int64_t n) const {
  const int64_t bytes = static_cast<int64_t>(dtype_size(page_.dtype));
  const Region& region = planes_.region;
  const int64_t offset = (y - region.begin(0)) * planes_.strides[0] + x - region.begin(1);
  for (int64_t k = 0; k < wanted_.count; ++k) {
    std::byte* const to = plane_at(planes_, k).data + offset * bytes;
    const int64_t channel = wanted_.first + k;
    if (!page_.has_palette())
      take_sample(pixels, channel, page_.samples, bytes, to, n);
    else if (page_.sample_bytes == 1)
      look_up<uint8_t>(palette_, channel, pixels, page_.dtype, to, n);
    else
      look_up<uint16_t>(palette_, channel, pixels, page_.dtype, to, n);
  }
}

}  // namespace parfocal
