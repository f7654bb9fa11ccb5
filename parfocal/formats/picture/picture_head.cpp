#include "parfocal/formats/picture/picture_head.h"

#include "parfocal/kernels/split_samples.h"

namespace parfocal {
namespace {

template <class T>
void put_row(const PictureHead& head, const std::byte* row, int64_t y, const PicturePlanes& to) {
  T* planes[kMostChannels] = {};
  const int64_t above = (y - to.region.begin(0)) * to.stride;
  for (size_t c = 0; c < to.planes.size(); ++c)
    if (to.planes[c]) planes[c] = reinterpret_cast<T*>(to.planes[c]) + above;
  kernels::split_samples(reinterpret_cast<const T*>(row) + to.region.begin(1) * head.channels,
                         to.region.shape[1], head.channels, planes);
}

}  // namespace

std::string picture_text(const PictureHead& head) {
  return std::string(head.kind == PictureKind::png ? "PNG" : "JPEG") + " of " +
         std::to_string(head.height) + " x " + std::to_string(head.width) + " " +
         std::string(dtype_name(head.dtype)) + ", " + std::to_string(head.channels) +
         (head.channels == 1 ? " channel" : " channels");
}

void put_picture_row(const PictureHead& head, const std::byte* row, int64_t y,
                     const PicturePlanes& to) noexcept {
  if (head.dtype == DType::u16)
    put_row<uint16_t>(head, row, y, to);
  else
    put_row<uint8_t>(head, row, y, to);
}

}  // namespace parfocal
