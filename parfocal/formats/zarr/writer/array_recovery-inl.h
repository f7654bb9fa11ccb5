#pragma once
/// What the parts of ArrayRecovery's implementation share.

#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/writer/array_recovery.h"

namespace parfocal {

/// A shard on its way to its name.
class ArrayRecovery::Source {
 public:
  Fd fd;  // of the part, once there is one
  std::filesystem::path part, target;
  bool published = false;          // the target is there
  int64_t part_bytes = 0;          // of the part as it was found, up to what was written last
  int64_t end = 0;                 // of the payloads that count
  std::vector<ShardEntry> index;   // as it is to be
  std::vector<ShardEntry> before;  // as the target has it; empty entries if there is none

  bool any() const {
    for (const ShardEntry& entry : index)
      if (!entry.empty()) return true;
    return false;
  }
};

}  // namespace parfocal
