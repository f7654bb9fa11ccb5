#include "parfocal/engine/record.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "parfocal/core/file_owner.h"
#include "parfocal/core/fingerprint.h"
#include "parfocal/core/text_input.h"
#include "parfocal/core/utf8.h"
#include "parfocal/planner/plan_outline.h"

namespace parfocal::engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPart = ".part";
constexpr int64_t kMostRecordBytes = int64_t{64} << 20;

nlohmann::json record_in(const fs::path& folder) {
  std::string text;
  if (!read_text_file(folder / kRecordName, kMostRecordBytes, text).ok()) return {};
  return nlohmann::json::parse(text, nullptr, false);
}

bool write_all(int fd, const std::string& text) {
  for (size_t done = 0; done < text.size();) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

}  // namespace

std::string provenance_of(const Plan& plan, const OpenSource& source) {
  nlohmann::ordered_json json;
  json["parfocal"] = PARFOCAL_VERSION;
  json["pipeline"] = plan.pipeline.name;
  json["pipeline_text"] = plan.pipeline.text;
  uint64_t fingerprint = fingerprint_of(plan.pipeline.text);
  for (const IncludedText& one : plan.pipeline.included) {
    json["included"].push_back({{"file", one.file}, {"text", one.text}});
    fingerprint = fingerprint_of(one.text, fingerprint);
  }
  if (!plan.pipeline.sets.empty()) json["sets"] = plan.pipeline.sets;
  json["pipeline_fnv1a64"] = fingerprint_text(fingerprint);
  json["input"] = source.identity();
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string origin_of(const Plan& plan, const OpenSource& source) {
  constexpr size_t kMostBytes = 4000;  // thousands of names may be given
  const std::string text = plan.pipeline.source.type + " " + plan.pipeline.source.params.str() +
                           ": " + source.identity();
  return as_utf8(shortened(text, kMostBytes));  // as a store gives it back, whatever names say
}

std::string record_text(const RunRecord& record, const Plan& plan, const OpenSource& source,
                        const std::vector<std::string>& names, bool running) {
  auto json = nlohmann::ordered_json::parse(record.json());
  if (running) json["process"] = getpid();
  json["provenance"] = nlohmann::ordered_json::parse(provenance_of(plan, source));
  json["names"] = names;
  json["plan"] = nlohmann::ordered_json::parse(outline_to_json(plan));
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::vector<std::string> recorded_names(const fs::path& folder) {
  std::vector<std::string> names;
  const auto record = record_in(folder);
  if (!record.is_object() || !record.contains("names") || !record["names"].is_array()) return names;
  for (const auto& name : record["names"])
    if (name.is_string()) names.push_back(name.get<std::string>());
  return names;
}

Status readable_record(const fs::path& folder) {
  std::string text;
  std::error_code absent;
  if (!fs::is_regular_file(folder / kRecordName, absent)) return {};
  return read_text_file(folder / kRecordName, kMostRecordBytes, text);
}

bool recorded_unended(const fs::path& folder) {
  const auto record = record_in(folder);
  return !record.is_object() || !record.contains("exit_code") ||
         record["exit_code"] == kKilledExitCode;
}

int64_t recorded_process(const fs::path& folder) {
  const auto record = record_in(folder);
  const bool told =
      record.is_object() && record.contains("process") && record["process"].is_number_integer();
  return told ? record["process"].get<int64_t>() : 0;
}

bool RecordFile::lock() {
  lock_ = FileLock::take(path_);
  return lock_.has_value();
}

bool RecordFile::create() {
  lock_ = FileLock::take(path_, O_CREAT | O_EXCL);
  return lock_.has_value();
}

void RecordFile::remove_part() const {
  if (lock_) ::unlink((path_.string() + kPart).c_str());
}

// The new file is locked before it has the name, the old one until it has lost it. Where the folder
// is another one by now, the run's outputs are not in it: also where it was changed between the
// first question and the making of the new file.
bool RecordFile::write(const std::string& text) {
  if (!lock_ || !lock_->is_at(path_)) return false;
  const fs::path part = path_.string() + kPart;
  try {
    std::optional<FileLock> lock = FileLock::take(part, O_CREAT | O_TRUNC);
    if (lock) keep_owner(path_, part);
    const bool written = lock && lock_->is_at(path_) && write_all(lock->fd(), text) &&
                         ::rename(part.c_str(), path_.c_str()) == 0;
    if (written)
      lock_ = std::move(lock);
    else
      ::unlink(part.c_str());
    return written;
  } catch (const Error&) {
    return false;
  }
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
