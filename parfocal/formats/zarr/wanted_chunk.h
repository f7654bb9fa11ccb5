#pragma once
/// One chunk that a read wants: where it lies, what of it goes where.

#include <string_view>

#include "parfocal/core/view.h"
#include "parfocal/formats/zarr/read_context.h"

namespace parfocal {

struct WantedChunk {
  Region box;                     ///< in the array, padding included
  MutableView part;               ///< what of it is wanted, and where that goes
  bool whole = false;             ///< all of it that lies in the array is wanted
  int64_t number = 0;             ///< in the array's grid of inner chunks
  std::string_view key;           ///< of its object; belongs to the scratch of the read
  int64_t offset = 0, bytes = 0;  ///< in its object
};

/// What a read of dst.region into `dst` wants of the chunk `box`; key and place are left to set.
WantedChunk wanted_of(const ReadContext& context, const Region& box, const MutableView& dst);

/// `status` with the file and the chunk that it tells of.
Status damaged(const ReadContext& context, const WantedChunk& chunk, const Status& status);
/// An object that is a chunk of fixed size has another one.
Status wrong_size(const ReadContext& context, const std::string& key, int64_t size);

}  // namespace parfocal
