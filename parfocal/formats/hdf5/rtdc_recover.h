#pragma once
/// A recording or an event file whose writer was killed: what its last checkpoint has becomes the
/// file. See JournaledFile.

#include <filesystem>

#include "parfocal/core/error.h"

namespace parfocal {

struct RtdcRecovery {
  bool found = false;          ///< false: its writer closed it, nothing was done
  std::filesystem::path file;  ///< the file that was made
  int64_t events = 0;          ///< frames of a recording, events of an event file
};

/// The part file that belongs to `named`, "a.rtdc" or "a.rtdc.part".
std::filesystem::path part_of_rtdc(const std::filesystem::path& named);

/// Whether there is something for recover_rtdc() to do.
bool is_unfinished_rtdc(const std::filesystem::path& named);

/// \throws Error(input_missing) where only the part file is there: says whether it is being
/// written, or how to recover it
void require_no_part(const std::filesystem::path& named);

/// Publishes the part file of "a.rtdc" or "a.rtdc.part", marked as incomplete. Being killed at any
/// moment of this leaves a part file that can be recovered. Fails where a process writes the file,
/// or one of its name is there already.
Status recover_rtdc(const std::filesystem::path& named, RtdcRecovery& recovery);

}  // namespace parfocal
