#pragma once
/// The chain of directories of one file: counted once, with places from which every page is near.

#include <cstdint>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/frame_set.h"
#include "parfocal/formats/tiff/tiff_directory.h"

namespace parfocal {

struct PageChain {
  int64_t pages = 0;   ///< that can be reached
  int64_t stride = 1;  ///< pages between two checkpoints
  std::vector<uint64_t> checkpoints;
  FrameSet missing;       ///< pages that say so
  bool cut = false;       ///< the next directory lies beyond the end of the file
  bool circular = false;  ///< the last directory points back to one that came before
  /// Directories between the pages are reduced images or masks: they are no pages.
  bool passes_reduced = false;

  bool broken() const { return cut || circular; }
};

/// Follows the chain to its end. With `skip_reduced`, smaller images and masks are passed over
/// where the first directory is none itself. A chain that comes back ends where it does.
PageChain follow_pages(const TiffFile& file, bool skip_reduced);

/// Moves from page `from`, or a directory between it and the page before, which lies at
/// `directory`, to page `to`. Fails where the chain ends before it.
Status step_to_page(const TiffFile& file, const PageChain& chain, int64_t from, int64_t to,
                    uint64_t& directory);

}  // namespace parfocal
