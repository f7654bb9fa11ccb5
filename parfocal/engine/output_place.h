#pragma once
/// Who writes where: names that parfocal takes beside outputs, and which of them are being made.

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "parfocal/engine/file_lock.h"

namespace parfocal::engine {

/// Where a path leads: absolute, links followed as far as they can be, without a slash at its end.
std::filesystem::path real_place(const std::filesystem::path& path);
/// Whether a path is another one or lies in it, by their names.
bool lies_in(const std::filesystem::path& inner, const std::filesystem::path& outer);
/// The hidden folder beside an output in which a command (convert, background) makes it.
std::filesystem::path workplace_of(const std::filesystem::path& output);
/// The hidden folder in an output folder in which `run --overwrite` makes what it will replace.
std::filesystem::path staging_of(const std::filesystem::path& folder);
/// In a workplace, held while its command is at work.
inline constexpr const char* kLockName = ".parfocal-lock";

/// The run that writes into this folder now, in words; "" = none that could be seen.
std::string run_at_work(const std::filesystem::path& folder);
/// Who is making this output now, in words; "" = nobody that could be seen. Runs that write into
/// `own` are not asked.
std::string maker_of(const std::filesystem::path& output, const std::filesystem::path& own = {});

/// Finishes the swap of outputs that a command was killed in, at `path`, in it or above it, if
/// nobody is at it. \throws Error(run_failed) if it cannot be finished
void settle(const std::filesystem::path& path);

/// \throws Error(output_exists) where settle() left a swap to another user: until that is finished,
/// the only copies of results, old and new, may lie in `from`. \pre nobody is at work there
void require_no_swap(const std::filesystem::path& from, const std::filesystem::path& to);

/// What has a name: the same before and after if nobody else replaced it, or wrote into the file.
struct PlaceState {
  bool exists = false, folder = false;
  dev_t device = 0;
  ino_t inode = 0;
  int64_t size = 0, time_ns = 0;  ///< of its last change; 0 for a folder
  bool operator==(const PlaceState&) const = default;
  static PlaceState of(const std::filesystem::path& path);
};

/// A file below the folder of a store that is no part of it as its writer made it (notes,
/// somebody's labels, an added array); "" = none. A folder that is no store has none but pictures
/// of ours, directly in it.
std::filesystem::path foreign_file_in(const std::filesystem::path& folder);

/// Removes from a hidden folder what commands make there: `outputs`, those that a record in it
/// names, and the files that belong to the making; all but the lock. What somebody else has put
/// there stays, stores with foreign files in them, too; so does the output `kept`. The folder goes
/// where nothing is left.
void clear_hidden(const std::filesystem::path& folder, const std::vector<std::string>& outputs,
                  const std::string& kept = {});

/// The same to the end, its `lock` (if that is in the folder) and the folder included. \pre the
/// lock is held, or there is none
void remove_hidden(const std::filesystem::path& folder, const std::vector<std::string>& outputs,
                   std::optional<FileLock> lock);

/// Removes the files in which sinks were making `outputs` in this folder.
void remove_parts(const std::filesystem::path& folder, const std::vector<std::string>& outputs);

}  // namespace parfocal::engine
