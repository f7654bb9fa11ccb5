#pragma once
/// What the parts of ArrayWriter's implementation share.

#include <atomic>

#include "parfocal/formats/zarr/writer/array_writer.h"

namespace parfocal {

/// A shard under construction; made when the first chunk comes.
struct ArrayWriter::Part {
  std::mutex creating;
  std::atomic<bool> created = false;
  PartFile file;
  std::vector<ShardEntry> index;  // each entry is written by the one that writes the chunk
};

/// Chunks of several planes, of which some are in the log.
struct ArrayWriter::Slab {
  int64_t left = 0;            // planes that have not come
  std::vector<int64_t> slots;  // in the log, by plane; -1 = none
};

struct ArrayWriter::Band {
  Band(int64_t band_number, size_t frames, size_t part_count, int64_t frames_left)
      : number(band_number), seen(frames), parts(part_count), left(frames_left) {}
  const int64_t number;
  std::vector<bool> seen;  // frames that were announced, by place
  std::vector<Part> parts;
  int64_t left;                   // frames that are not finished
  std::map<int64_t, Slab> slabs;  // that are not complete; by slab in band
  bool rewrites = false;          // its frames were published before, and some may be taken back
};

struct ArrayWriter::Row {
  std::vector<bool> sealed;  // by band within the row
  int64_t left = 0;
};

}  // namespace parfocal
