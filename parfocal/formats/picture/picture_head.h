#pragma once
/// What the header of a picture (PNG, JPEG) says, and where its pixels go.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "parfocal/core/dtype.h"
#include "parfocal/core/region.h"

namespace parfocal {

enum class PictureKind : uint8_t { png, jpeg };

inline constexpr int64_t kMostChannels = 4;

/// Values are those that Pillow and scikit-image give: grey of 1, 2 and 4 bits fills 0..255, a
/// palette becomes r g b (and a), colours are not corrected (gamma, ICC).
struct PictureHead {
  PictureKind kind = PictureKind::png;
  int64_t height = 0, width = 0;
  int64_t channels = 1;      ///< 1 grey, 2 grey and alpha, 3 r g b, 4 r g b and alpha
  DType dtype = DType::u8;   ///< u8 or u16
  bool colour_key = false;   ///< the pixels of one value are transparent (not applied)
  int64_t decode_bytes = 0;  ///< most that decoding allocates
  int64_t frame_bytes() const { return height * width * static_cast<int64_t>(dtype_size(dtype)); }
  bool is_like(const PictureHead& o) const {
    return kind == o.kind && height == o.height && width == o.width && channels == o.channels &&
           dtype == o.dtype;
  }
};

/// "PNG of 480 x 640 uint8, 3 channels"
std::string picture_text(const PictureHead& head);

/// Where the part `region` of a picture goes: a plane for each channel, all with the same strides.
struct PicturePlanes {
  Region region;                                   ///< y x, inside of the picture
  std::array<std::byte*, kMostChannels> planes{};  ///< null: the channel is not wanted
  int64_t stride = 0;                              ///< pixels from row to row
};
/// Takes apart row `y` of the picture, whole, samples in the machine's byte order. \pre it is of
/// to.region
void put_picture_row(const PictureHead& head, const std::byte* row, int64_t y,
                     const PicturePlanes& to) noexcept;

}  // namespace parfocal
