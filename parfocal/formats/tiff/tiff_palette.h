#pragma once
/// The colour map of a TIFF page, whose pixels are places in it.

#include <vector>

#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

/// What a colour map is, as all of its entries tell.
struct TiffPaletteKind {
  bool has_bytes = true;      ///< each entry v is v * 257 or v << 8 of a byte v
  bool is_grey_scale = true;  ///< the colours of place k are the grey k
};
/// `map`: SHORT, all reds, then greens, then blues. Fails where these are not 3 * `places`, or lie
/// beyond the file. Allocates nothing.
Status look_at_palette(const TiffFile& file, const TiffValues& map, uint64_t places,
                       TiffPaletteKind& kind);

/// The colours, to be looked up. 2 bytes an entry.
class TiffPalette {
 public:
  /// Of page.colour_map, which may be none.
  Status read(const TiffFile& file, const TiffPage& page);
  /// `to[i]` = the colour (0 red, 1 green, 2 blue) at the place `from[i]`: Index uint8_t or
  /// uint16_t as stored, Colour as page.dtype. \pre read() of such a page
  template <class Index, class Colour>
  void look_up(int64_t colour, const Index* from, Colour* to, int64_t n) const {
    const uint16_t* const map = entries_.data() + static_cast<size_t>(colour) * entries_.size() / 3;
    for (int64_t i = 0; i < n; ++i)
      to[i] = static_cast<Colour>(sizeof(Colour) == 1 ? map[from[i]] >> 8 : map[from[i]]);
  }

 private:
  std::vector<uint16_t> entries_;
};

}  // namespace parfocal
