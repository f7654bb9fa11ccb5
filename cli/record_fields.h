#pragma once
/// run.json, of which anybody may have written any part: what is not as it should be is as if it
/// were not there.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace parfocal::cli {

/// A longer one is none.
inline constexpr int64_t kMostRecordBytes = int64_t{64} << 20;
/// The record of a run in a folder; an empty object where there is none that can be read.
nlohmann::ordered_json record_in(const std::filesystem::path& folder);
/// A whole number of a JSON object.
int64_t number_in(const nlohmann::ordered_json& json, const char* key, int64_t otherwise);
/// A text of a JSON object; "" = there is none.
std::string text_in(const nlohmann::ordered_json& json, const char* key);
/// A list of a JSON object; an empty one = there is none.
const nlohmann::ordered_json& list_in(const nlohmann::ordered_json& json, const char* key);

}  // namespace parfocal::cli
