#pragma once
/// Makes a store whole whose writer did not finish: was killed, or lost its power.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/formats/common/files.h"
#include "parfocal/formats/zarr/writer/store_spec.h"

namespace parfocal {

/// What recover_store() found and did.
struct RecoverReport {
  struct Image {
    std::string path;    ///< of its group, "" = the root
    int64_t outer = 0;   ///< size of the first axis now
    int64_t frames = 0;  ///< that are there
    int64_t gaps = 0;    ///< frames within the shape that are not there, recorded as missing
  };
  bool found = false;  ///< false: there was nothing to recover, and nothing was changed
  std::vector<Image> images;
  int64_t damaged_frames = 0;  ///< were recorded, but their bytes are not what was written
  int64_t dropped_bytes = 0;   ///< of frames that were not yet recorded, and of torn records
};

/// Whether parfocal streams, or streamed, to a store at `root`.
bool is_streamed_store(const std::filesystem::path& root);

/// The description of a store. \throws Error(input_missing) if `root` is no store of parfocal
StoreSpec read_store_spec(const std::filesystem::path& root);

/// \throws Error(run_failed) while a writer is at work on the store at `root`.
void require_no_writer(const std::filesystem::path& root);

/// A descriptor that keeps all others from recovering the store, or opening it to write, until it
/// is closed; for the time in which it may have no journal, which its writer holds later.
/// \throws Error(run_failed) where another holds it
Status lock_store(const std::filesystem::path& root, Fd& lock);

/// Publishes every frame of which the journal has a whole record and the disk the bytes it speaks
/// of; see docs/store.md. May be killed at any moment and run again. Memory: 16 bytes for each
/// chunk of the shards that were under construction, one chunk, one plane.
/// \throws Error(input_missing) if `root` is no store that parfocal streams to, Error(run_failed)
///   while its writer is at work. Other failures come as Status; the store is as recoverable as
///   before.
Status recover_store(const std::filesystem::path& root, RecoverReport& report);
/// The same for who holds the lock.
Status recover_locked_store(const std::filesystem::path& root, RecoverReport& report);

}  // namespace parfocal
