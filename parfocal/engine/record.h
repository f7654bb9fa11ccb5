#pragma once
/// What a run leaves beside its outputs: run.json and the provenance that every output carries.

#include <filesystem>
#include <string>
#include <vector>

#include "parfocal/engine/run.h"
#include "parfocal/planner/binding.h"

namespace parfocal::engine {

inline constexpr const char* kRecordName = "run.json";

/// What the items come from: SinkContext::origin.
std::string origin_of(const Plan& plan, const OpenSource& source);
/// One JSON object: pipeline text and fingerprint, version, identity of the input.
std::string provenance_of(const Plan& plan, const OpenSource& source);

/// Writes `folder`/run.json. False if it could not be written.
bool write_record(const std::filesystem::path& folder, const RunRecord& record, const Plan& plan,
                  const OpenSource& source, const std::vector<std::filesystem::path>& written);

/// Top-level names that an earlier run recorded as its own in `folder`; empty if there is no
/// record.
std::vector<std::string> recorded_names(const std::filesystem::path& folder);

}  // namespace parfocal::engine
