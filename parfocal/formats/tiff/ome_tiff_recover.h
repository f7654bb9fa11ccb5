#pragma once
/// An OME-TIFF whose writer was killed: it can be read as it is; this gives it the end that its
/// writer did not write.

#include <cstdint>
#include <filesystem>

#include "parfocal/core/error.h"

namespace parfocal {

struct OmeTiffRecovery {
  bool found = false;   ///< false: its writer closed it, nothing was done
  int64_t pages = 0;    ///< that are there
  int64_t gaps = 0;     ///< pages of 0: missing before the end, or to complete the last step
  bool is_tiff = true;  ///< false: a file of another kind
};

/// Keeps the linked pages, completes the last step of the first axis with pages of 0, gives back
/// the space taken ahead, and writes the final description. Being killed at any moment of this
/// leaves a file that can be read and recovered.
Status recover_ome_tiff(const std::filesystem::path& path, OmeTiffRecovery& recovery);

/// Whether there is something for recover_ome_tiff() to do.
bool is_unfinished_ome_tiff(const std::filesystem::path& path);

}  // namespace parfocal
