#pragma once
/// What the probe writes, from its arguments: known to the one who checks it too.

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal::crash {

struct ProbeSpec {
  int64_t frames = 100, height = 64, width = 64;
  int64_t channels = 0, z = 0;        ///< 0: no such axis
  std::string order;                  ///< of acquisition, outermost first, as "tzc"; "" = tcz
  std::vector<int64_t> chunk, shard;  ///< t, y, x; the chunk along z is `chunk_z`
  int64_t chunk_z = 1, shard_z = 1;
  std::string codec = "none";
  int levels = 1;
  bool pool_z = false;
  int format = 3;
  std::string ack = "kernel";
  double rate = 0;  ///< frames a second; 0 = as fast as it goes
  int threads = 2;
  int64_t queue = 8;
  bool direct = true;
  int64_t skip_every = 0;  ///< each so many-th frame is a gap

  std::vector<std::string> arguments() const;
  static ProbeSpec parse(const std::vector<std::string>& words);
  StoreSpec store() const;
  int64_t planes() const { return std::max<int64_t>(1, channels) * std::max<int64_t>(1, z); }
  /// Number of the frame (C order over t c z) that comes as number `i`.
  int64_t frame_at(int64_t i) const;
  bool is_gap(int64_t frame) const { return skip_every > 0 && frame % skip_every == 1; }
};

/// The pixel of a frame; never 0, and different in neighbouring frames.
inline uint16_t pixel_of(int64_t frame, int64_t y, int64_t x) {
  return static_cast<uint16_t>(1 + ((frame * 7919 + y * 31 + x * 17) & 0x7fff));
}
inline void fill_plane(int64_t frame, int64_t height, int64_t width, uint16_t* pixels) {
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) *pixels++ = pixel_of(frame, y, x);
}
inline double time_of(int64_t frame) { return 0.5 * static_cast<double>(frame); }
/// Columns "id" (i64) and "time" (f64).
inline std::vector<std::byte> row_of(int64_t frame) {
  std::vector<std::byte> row(16);
  const double time = time_of(frame);
  std::memcpy(row.data(), &frame, 8);
  std::memcpy(row.data() + 8, &time, 8);
  return row;
}

}  // namespace parfocal::crash
