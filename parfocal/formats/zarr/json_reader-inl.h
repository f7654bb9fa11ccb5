#pragma once
/// Reading JSON that comes from outside: bounded in size and depth, nothing taken for granted.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "parfocal/core/error.h"
#include "parfocal/core/text_input.h"

namespace parfocal::zarr_json {

using Json = nlohmann::json;

inline constexpr size_t kMostMetadataBytes = 16u << 20;
inline constexpr int kMostDepth = 32;

[[noreturn]] inline void bad(const std::string& what, const std::string& given = "",
                             const std::string& needed = "", const std::string& cure = "") {
  throw Error(ErrorCode::input_missing, Issue{what, "", given, needed, cure});
}

inline std::string brief(const Json& json) {
  std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  return text.size() <= 120 ? text : text.substr(0, 120) + "...";
}

/// The object that `text` holds. Depth is bounded before parsing builds anything deep.
inline Json parse_object(std::string_view text) {
  if (text.size() > kMostMetadataBytes) bad("the metadata is larger than 16 MiB");
  if (nests_deeper(text, kMostDepth)) bad("the metadata is nested more than 32 deep");
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (json.is_discarded() || !json.is_object())
    bad("the metadata is not a JSON object", "", "", "check that the copy is complete");
  return json;
}

/// A null instead of an exception for what is absent or of another type.
inline const Json& at(const Json& json, const char* key) {
  static const Json none;
  if (!json.is_object()) return none;
  const auto it = json.find(key);
  return it == json.end() ? none : *it;
}
inline std::string text_at(const Json& json, const char* key) {
  const Json& value = at(json, key);
  return value.is_string() ? value.get<std::string>() : "";
}
/// "name" of an object {"name": ..., "configuration": ...} or the short form "name".
inline std::string extension_name(const Json& json) {
  return json.is_string() ? json.get<std::string>() : text_at(json, "name");
}

/// A whole number of [least, most]; `fallback` where it is absent.
inline int64_t whole_at(const Json& json, const char* key, int64_t least, int64_t most,
                        int64_t fallback) {
  const Json& value = at(json, key);
  if (value.is_null()) return fallback;
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.get<uint64_t>() < uint64_t{1} << 62) &&
                    value.get<int64_t>() >= least && value.get<int64_t>() <= most;
  if (!fits)
    bad(std::string(key) + " has an impossible value", brief(value),
        std::to_string(least) + " to " + std::to_string(most));
  return value.get<int64_t>();
}

/// Sizes of 1 to 6 axes, each of [least, 2^40].
inline std::vector<int64_t> sizes(const Json& json, const char* what, int64_t least) {
  if (!json.is_array() || json.empty() || json.size() > 6)
    bad(std::string(what) + " needs 1 to 6 numbers", brief(json));
  std::vector<int64_t> result;
  for (const Json& value : json) {
    const bool whole = value.is_number_unsigned() || (value.is_number_integer() && value >= 0);
    if (!whole || value.get<uint64_t>() > uint64_t{1} << 40 || value.get<int64_t>() < least)
      bad(std::string(what) + " has an impossible size", brief(json),
          std::to_string(least) + " to 2^40");
    result.push_back(value.get<int64_t>());
  }
  return result;
}

/// Whether `path` has folder names only: a store cannot point outside itself.
inline bool is_inner_path(const std::string& path) {
  for (size_t begin = 0; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    if (part.empty() || part == "." || part == ".." || part.find('\0') != part.npos) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace parfocal::zarr_json
