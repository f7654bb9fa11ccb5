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
  int64_t positions = 1;   ///< images of one store; their frames take turns
  bool label = false;      ///< each has a label image, which takes its turn after it
  /// The frames are written in so many sessions: all but the first open the store to append. Every
  /// second one ends without close(), as if it had been killed. Then `order` is C order.
  int64_t sessions = 1;
  int64_t first_session = 0;  ///< of this process; others came before
  int64_t take_back = 0;      ///< frames that each close() takes back

  std::vector<std::string> arguments() const;
  static ProbeSpec parse(const std::vector<std::string>& words);
  StoreSpec store() const;
  int64_t planes() const { return std::max<int64_t>(1, channels) * std::max<int64_t>(1, z); }
  /// Number of the frame (C order over t c z) that comes as number `i`.
  int64_t frame_at(int64_t i) const;
  size_t images() const { return static_cast<size_t>(positions) * (label ? 2 : 1); }
  bool is_gap(int64_t frame) const { return skip_every > 0 && frame % skip_every == 1; }
};

/// A frame of an image as one session wrote it. Its number is its receipt and stands in its row.
struct FrameName {
  static constexpr int64_t kTakenBack = int64_t{1} << 62;
  int64_t frame = 0, image = 0, session = 0;
  int64_t number() const { return frame | image << 40 | session << 48; }
  static FrameName of(int64_t number) {
    return {number & ((int64_t{1} << 40) - 1), number >> 40 & 0xff, number >> 48 & 0xff};
  }
  /// A receipt that says: the frames from this one on are about to be taken back.
  int64_t taken_back() const { return number() | kTakenBack; }
};

/// The pixel of a frame; never 0, and different in frames that could be taken for each other.
inline uint16_t pixel_of(const FrameName& of, int64_t y, int64_t x) {
  const int64_t seed = of.frame * 7919 + of.image * 12007 + of.session * 1009;
  return static_cast<uint16_t>(1 + ((seed + y * 31 + x * 17) & 0x7fff));
}
inline void fill_plane(const FrameName& of, int64_t height, int64_t width, uint16_t* pixels) {
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) *pixels++ = pixel_of(of, y, x);
}
inline double time_of(int64_t frame) { return 0.5 * static_cast<double>(frame); }
/// Columns "id" (i64: the name's number) and "time" (f64).
inline std::vector<std::byte> row_of(const FrameName& of) {
  std::vector<std::byte> row(16);
  const int64_t id = of.number();
  const double time = time_of(of.frame);
  std::memcpy(row.data(), &id, 8);
  std::memcpy(row.data() + 8, &time, 8);
  return row;
}

}  // namespace parfocal::crash
