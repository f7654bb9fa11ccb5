#pragma once
/// Where the pixels of a TIFF page go: a plane for each channel.

#include "parfocal/core/view.h"
#include "parfocal/formats/tiff/tiff_palette.h"

namespace parfocal {

/// Channels [first, first + count) of a page.
struct ChannelRange {
  int64_t first = 0, count = 1;
};

/// Plane k of those that lie behind each other in memory from `planes` on, packed.
inline MutableView plane_at(const MutableView& planes, int64_t k) {
  MutableView plane = planes;
  plane.data += k * planes.bytes();
  return plane;
}

/// Takes stored pixels apart: by samples, or by the colours of a palette.
class ChannelPlanes {
 public:
  /// `planes`: 2-D, that of the first wanted channel, as for plane_at().
  ChannelPlanes(const TiffPage& page, ChannelRange wanted, const MutableView& planes)
      : page_(page), wanted_(wanted), planes_(planes) {}
  /// Reads the palette, if there is one.
  Status open(const TiffFile& file);
  /// `pixels`: of row `y` from column `x` on, `n` of page.stored_bytes() each, in the machine's
  /// byte order. \pre they lie inside of the planes
  void put(const std::byte* pixels, int64_t y, int64_t x, int64_t n) const;
  const Region& region() const { return planes_.region; }

 private:
  const TiffPage& page_;
  const ChannelRange wanted_;
  const MutableView planes_;
  TiffPalette palette_;
};

}  // namespace parfocal
