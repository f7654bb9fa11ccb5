#pragma once
/// What travels with every item: a fixed binary header, or a gap with its reason.

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "parfocal/core/layout.h"
#include "parfocal/core/scratch_pages.h"
#include "parfocal/core/table.h"
#include "parfocal/core/view.h"

namespace parfocal {

/// Fixed header of a frame; no strings, no maps, copied by value.
struct FrameHeader {
  uint32_t stream = 0;
  uint32_t flags = 0;
  int64_t sequence = 0;                         ///< position in its stream, from 0
  std::array<int64_t, kMaxRank> coordinates{};  ///< index on each stream axis
  int64_t hardware_id = -1;     ///< camera's frame id unwrapped to 64 bit; -1 = none
  int64_t device_time_ns = -1;  ///< camera's clock; -1 = none
  int64_t host_time_ns = -1;    ///< UTC; -1 = none
  /// Seconds since the first frame, exactly as the recording's time axis states them; NaN =
  /// unknown.
  double time_s = std::numeric_limits<double>::quiet_NaN();
};

enum class GapReason : uint8_t { none, broken, skipped, dropped, stopped, failed };
/// "broken" (unreadable input), "skipped" (left out on purpose), "dropped" (lost by a full queue or
/// camera), "stopped" (the run ended before it), "failed" (a step failed on it).
std::string_view gap_reason_name(GapReason reason);

/// Why an item is missing. The text exists only for missing items.
struct Gap {
  GapReason reason = GapReason::none;
  std::string text;
};

/// What a step reads: exactly one of gap, image, table is meaningful (by the port's kind); none
/// where nothing is connected.
struct Input {
  const FrameHeader* header = nullptr;
  const Gap* gap = nullptr;  ///< non-null: the item is missing, image and table are empty
  View image;
  TableView table;
  const ScratchPages* scratch = nullptr;  ///< non-null: image is a large Value on disk
};
/// What a step writes: the pre-reserved place of one item.
struct Output {
  MutableView image;
  MutableTable table;                     ///< set table.rows
  const ScratchPages* scratch = nullptr;  ///< as Input::scratch
};

/// `none`: an optional input that nothing is connected to. It keeps its place, so that an operator
/// finds every input at the number of its port.
enum class PortKind : uint8_t { image, table, none };
/// Everything known at plan time about what one port carries. For tables `layout` has the stream
/// axes and no item axes.
struct PortLayout {
  PortKind kind = PortKind::image;
  Layout layout;
  TableSchema table;
  bool connected() const { return kind != PortKind::none; }
  /// Bytes of one item, whole.
  int64_t item_bytes() const {
    return kind == PortKind::image ? layout.item_bytes() : table.bytes();
  }
  bool operator==(const PortLayout&) const = default;
};

}  // namespace parfocal
