#pragma once
/// What flows on an edge: dtype + stream axes (iterated, ordered) | item axes (inside one frame).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/dtype.h"
#include "parfocal/core/region.h"

namespace parfocal {

inline constexpr int64_t kUnbounded = -1;  ///< size of a stream axis whose end is not known

struct Axis {
  std::string name;                 ///< "t", "c", "z", "y", "x"...
  int64_t size = 0;                 ///< kUnbounded allowed for the first stream axis only
  double scale = 1;                 ///< size of one step in `unit`
  std::string unit;                 ///< "um", "s"...; empty = no scale known (pixels, frames)
  std::vector<std::string> labels;  ///< optional names of the steps (channel names)
  bool operator==(const Axis&) const = default;
};

/// C order: the last item axis is fastest. Index 0 is the centre of the top-left pixel.
/// A Value (the result of a fold) is a layout that lacks the axes folded over; a scalar per frame
/// has no item axes. Plan-time only: nothing per frame holds a Layout.
struct Layout {
  DType dtype = DType::u8;
  std::vector<Axis> stream;
  std::vector<Axis> item;
  /// Identity of the sequence of items: two ports may be joined only if they share it. "" = the
  /// source's own; operators that emit a varying number of items start a new one (their node id).
  std::string clock;

  /// The region of a whole item (rank 0 for scalars).
  Region whole_item() const;
  int64_t item_count() const { return whole_item().count(); }
  int64_t item_bytes() const { return item_count() * static_cast<int64_t>(dtype_size(dtype)); }
  /// Items in the stream (product of stream sizes), or kUnbounded. 1 without stream axes.
  int64_t stream_count() const;
  /// Index of the named axis, or -1.
  int find_stream(std::string_view name) const;
  int find_item(std::string_view name) const;
  /// "t=30 | y=190 x=211 uint8"
  std::string str() const;
  bool operator==(const Layout&) const = default;
};

/// Coordinates of the `sequence`-th item (C order over stream axes). The first axis may be
/// unbounded.
std::array<int64_t, kMaxRank> coordinates_of(const Layout& layout, int64_t sequence);

}  // namespace parfocal
