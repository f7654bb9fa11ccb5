#pragma once
/// The stores that are broken in these tests: small frames, all ways in which frames fall into
/// chunks and shards; several images in one store, frames that are taken back, stores that are
/// opened again to append.

#include <ostream>
#include <string>
#include <vector>

#include "probe/probe_spec.h"

namespace parfocal::crash {

struct NamedLayout {
  std::string name;
  ProbeSpec spec;
};

// For the messages of GoogleTest.
inline void PrintTo(const NamedLayout& layout, std::ostream* to) { *to << layout.name; }

inline std::vector<NamedLayout> layouts() {
  ProbeSpec base;
  base.frames = 96;
  std::vector<NamedLayout> all;
  const auto add = [&](const char* name, auto&& change) {
    ProbeSpec spec = base;
    change(spec);
    all.push_back({name, spec});
  };
  add("frame_shards", [](ProbeSpec& s) {
    s.chunk = {1, 32, 48};
    s.shard = {1, 64, 96};
  });
  add("shards_of_16", [](ProbeSpec& s) {
    s.chunk = {1, 64, 64};
    s.shard = {16, 64, 64};
    s.codec = "lz4";
    s.skip_every = 13;
  });
  add("chunks_of_4", [](ProbeSpec& s) {
    s.chunk = {4, 32, 64};
    s.shard = {8, 64, 64};
    s.codec = "zstd";
  });
  add("plain_files", [](ProbeSpec& s) {
    s.chunk = {1, 64, 64};
    s.skip_every = 17;
  });
  add("pyramid", [](ProbeSpec& s) {
    s.height = 50;
    s.width = 70;
    s.chunk = {1, 32, 32};
    s.shard = {8, 64, 96};
    s.levels = 3;
    s.codec = "lz4";
  });
  add("chunks_along_z", [](ProbeSpec& s) {
    s.z = 8;
    s.chunk = {1, 64, 64};
    s.shard = {2, 64, 64};
    s.chunk_z = s.shard_z = 8;
  });
  add("channels_last", [](ProbeSpec& s) {
    s.channels = 2;
    s.z = 4;
    s.order = "ctz";
    s.chunk = {1, 64, 64};
    s.shard = {4, 64, 64};
  });
  add("pooled_in_z", [](ProbeSpec& s) {
    s.frames = 95;
    s.z = 5;
    s.chunk = {1, 32, 64};
    s.shard = {4, 64, 64};
    s.levels = 3;
    s.pool_z = true;
    s.skip_every = 23;
  });
  add("positions", [](ProbeSpec& s) {
    s.frames = 40;
    s.positions = 3;
    s.chunk = {1, 32, 48};
    s.shard = {8, 64, 96};
    s.codec = "lz4";
    s.skip_every = 13;
  });
  add("labels", [](ProbeSpec& s) {
    s.frames = 48;
    s.positions = 2;
    s.label = true;
    s.chunk = {1, 32, 32};
    s.shard = {4, 64, 64};
    s.levels = 2;
    s.codec = "zstd";
  });
  add("taken_back", [](ProbeSpec& s) {
    s.chunk = {1, 32, 64};
    s.shard = {16, 64, 64};
    s.levels = 2;
    s.codec = "lz4";
    s.take_back = 41;
    s.skip_every = 13;
  });
  add("taken_back_chunks_of_4", [](ProbeSpec& s) {
    s.chunk = {4, 32, 64};
    s.shard = {8, 64, 64};
    s.codec = "lz4";
    s.take_back = 23;
  });
  add("taken_back_files_of_4", [](ProbeSpec& s) {
    s.chunk = {4, 64, 64};
    s.take_back = 23;
  });
  add("appended", [](ProbeSpec& s) {
    s.sessions = 3;
    s.chunk = {1, 64, 64};
    s.shard = {16, 64, 64};
    s.levels = 2;
    s.codec = "lz4";
    s.skip_every = 13;
  });
  add("appended_chunks_of_4", [](ProbeSpec& s) {
    s.sessions = 3;
    s.positions = 2;
    s.frames = 48;
    s.take_back = 5;
    s.chunk = {4, 32, 64};
    s.shard = {8, 64, 64};
    s.codec = "zstd";
  });
  add("appended_files", [](ProbeSpec& s) {
    s.sessions = 3;
    s.take_back = 7;
    s.chunk = {4, 64, 64};
    s.skip_every = 17;
  });
  return all;
}

}  // namespace parfocal::crash
