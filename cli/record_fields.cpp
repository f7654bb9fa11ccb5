#include "record_fields.h"

#include "parfocal/core/text_input.h"
#include "parfocal/engine/record.h"

namespace parfocal::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMostRecordDepth = 64;

}  // namespace

Json record_in(const std::filesystem::path& folder) {
  std::string text;
  if (!read_text_file(folder / engine::kRecordName, kMostRecordBytes, text).ok() ||
      nests_deeper(text, kMostRecordDepth))
    return Json::object();
  Json record = Json::parse(text, nullptr, false);
  return record.is_object() ? record : Json::object();
}

int64_t number_in(const Json& json, const char* key, int64_t otherwise) {
  const bool given = json.is_object() && json.contains(key) && json[key].is_number_integer();
  return given ? json[key].get<int64_t>() : otherwise;
}

std::string text_in(const Json& json, const char* key) {
  const bool given = json.is_object() && json.contains(key) && json[key].is_string();
  return given ? json[key].get<std::string>() : "";
}

const Json& list_in(const Json& json, const char* key) {
  static const Json none = Json::array();
  return json.is_object() && json.contains(key) && json[key].is_array() ? json[key] : none;
}

}  // namespace parfocal::cli
