#include "parfocal/engine/record.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "parfocal/core/text_input.h"

namespace parfocal::engine {
namespace {

constexpr int64_t kMostRecordBytes = int64_t{64} << 20;

std::string fingerprint(const std::string& text) {  // FNV-1a, 64 bit
  uint64_t hash = 0xcbf29ce484222325ull;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3ull;
  char buffer[24];
  std::snprintf(buffer, sizeof buffer, "%016llx", static_cast<unsigned long long>(hash));
  return buffer;
}

}  // namespace

std::string provenance_of(const Plan& plan, const OpenSource& source) {
  nlohmann::ordered_json json;
  json["parfocal"] = PARFOCAL_VERSION;
  json["pipeline"] = plan.pipeline.name;
  json["pipeline_text"] = plan.pipeline.text;
  json["pipeline_fnv1a64"] = fingerprint(plan.pipeline.text);
  json["input"] = source.identity();
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string origin_of(const Plan& plan, const OpenSource& source) {
  constexpr size_t kMostBytes = 4000;  // thousands of names may be given
  const std::string text = plan.pipeline.source.type + " " + plan.pipeline.source.params.str() +
                           ": " + source.identity();
  if (text.size() <= kMostBytes) return text;
  return text.substr(0, kMostBytes) + "... " + std::to_string(text.size()) +
         " bytes, fingerprint " + fingerprint(text);
}

bool write_record(const std::filesystem::path& folder, const RunRecord& record, const Plan& plan,
                  const OpenSource& source, const std::vector<std::filesystem::path>& written) {
  auto json = nlohmann::ordered_json::parse(record.json());
  json["provenance"] = nlohmann::ordered_json::parse(provenance_of(plan, source));
  for (const auto& path : written)
    json["names"].push_back(path.lexically_relative(folder).begin()->string());
  std::ofstream out(folder / kRecordName);
  out << json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
  out.close();
  return static_cast<bool>(out);
}

// Top-level names that an earlier run recorded as its own.
std::vector<std::string> recorded_names(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::string text;
  if (!read_text_file(folder / kRecordName, kMostRecordBytes, text).ok()) return names;
  const auto record = nlohmann::json::parse(text, nullptr, false);
  if (!record.is_object() || !record.contains("names") || !record["names"].is_array()) return names;
  for (const auto& name : record["names"])
    if (name.is_string()) names.push_back(name.get<std::string>());
  return names;
}

}  // namespace parfocal::engine

namespace parfocal {

std::string RunRecord::json() const {
  static constexpr const char* names[] = {"complete", "stopped", "failed"};
  nlohmann::ordered_json j;
  j["schema"] = "parfocal.run/1";
  j["status"] = names[static_cast<int>(status)];
  j["exit_code"] = exit_code;
  j["items"] = items;
  j["broken"] = broken;
  j["failed"] = failed;
  j["lost"] = lost;
  j["stopped"] = stopped;
  for (const EdgeCount& e : edges)
    j["edges"].push_back({{"edge", e.edge},
                          {"expected", e.expected},
                          {"received", e.received},
                          {"missing", e.missing},
                          {"dropped", e.dropped}});
  j["issues"] = nlohmann::json::array();
  for (const Issue& i : issues)
    j["issues"].push_back({{"what", i.what},
                           {"where", i.where},
                           {"given", i.given},
                           {"needed", i.needed},
                           {"cure", i.cure}});
  j["notices"] = notices;
  for (const auto& path : outputs) j["outputs"].push_back(path.string());
  j["peak_rss_bytes"] = peak_rss_bytes;
  j["planned_peak_bytes"] = planned_peak_bytes;
  j["base_bytes"] = base_bytes;
  j["seconds"] = seconds;
  j["cpu_seconds"] = cpu_seconds;
  return j.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace parfocal
