#pragma once
/// What a run leaves beside its outputs: run.json and the provenance that every output carries.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "parfocal/engine/file_lock.h"
#include "parfocal/engine/run.h"
#include "parfocal/planner/binding.h"

namespace parfocal::engine {

inline constexpr const char* kRecordName = "run.json";

/// What the items come from: SinkContext::origin.
std::string origin_of(const Plan& plan, const OpenSource& source);
/// One JSON object: text of the pipeline and of what it includes, values set, fingerprint of the
/// texts, version, identity of the input.
std::string provenance_of(const Plan& plan, const OpenSource& source);

/// What the record says until the run has ended: that it was killed by SIGKILL.
inline constexpr int kKilledExitCode = 137;

/// The text of run.json. `names`: of all outputs, relative to its folder; `running`: the process is
/// named that is at it.
std::string record_text(const RunRecord& record, const Plan& plan, const OpenSource& source,
                        const std::vector<std::string>& names, bool running);

/// What runs recorded as their own in `folder`, relative to it; empty if there is no record.
std::vector<std::string> recorded_names(const std::filesystem::path& folder);
/// Why the record of `folder` cannot be read; none is no failure.
Status readable_record(const std::filesystem::path& folder);
/// Whether no run that came to its end recorded its outputs in `folder`: it was killed, is at work,
/// or there is none.
bool recorded_unended(const std::filesystem::path& folder);
/// The process that wrote the record while it was at work; 0 = not told.
int64_t recorded_process(const std::filesystem::path& folder);

/// run.json of a run, locked from its first line until the run is over: so one run at a time writes
/// into a folder, and `info` sees that one does.
class RecordFile {
 public:
  explicit RecordFile(std::filesystem::path folder) : path_(std::move(folder) / kRecordName) {}
  const std::filesystem::path& path() const { return path_; }
  /// Locks the record of an earlier run. False if another process holds it.
  bool lock();
  /// Creates and locks it. False if there is one.
  bool create();
  /// Replaces it in one step; the lock goes on. False if it could not be written, or was moved away
  /// with its folder: what was there stays.
  bool write(const std::string& text);
  /// Removes what a write() left that was killed. Nothing if the record is not locked.
  void remove_part() const;

 private:
  std::filesystem::path path_;
  std::optional<FileLock> lock_;
};

}  // namespace parfocal::engine
