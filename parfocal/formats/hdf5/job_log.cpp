#include "parfocal/formats/hdf5/job_log.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace parfocal {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kValueBytes = 64;  // beside indents and names, which are short

std::string text_of(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', true, Json::error_handler_t::replace);
}

// Where the first part of `text` ends: behind a line feed, or where a line is full. Characters of
// UTF-8 stay whole.
size_t part_of(const std::string& text) {
  size_t at = 0;
  for (size_t bytes = 0; at < text.size();) {
    size_t next = at + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80) ++next;
    bytes += text_of(text.substr(at, next - at)).size() - 2;
    if (at > 0 && bytes > kValueBytes) break;
    at = next;
    if (text[at - 1] == '\n') break;
  }
  return at;
}

void split_long(Json& json) {
  if (json.is_structured())
    for (Json& part : json) split_long(part);
  if (!json.is_string() || text_of(json).size() <= kValueBytes + 2) return;
  std::string rest = json.get<std::string>();
  json = Json::array();
  while (!rest.empty()) {
    const size_t part = part_of(rest);
    json.push_back(rest.substr(0, part));
    rest.erase(0, part);
  }
}

}  // namespace

std::vector<std::string> job_lines(Json job) {
  split_long(job);
  const std::string text = text_of(job, 2);
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace parfocal
