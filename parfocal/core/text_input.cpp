#include "parfocal/core/text_input.h"

#include <fstream>
#include <system_error>

#include "parfocal/core/units.h"

namespace parfocal {

Status read_text_file(const std::filesystem::path& path, int64_t most_bytes, std::string& text) {
  text.clear();
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    return Status::fail(path.string() +
                        (error ? ": " + error.message() : " is not a regular file"));
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  const int64_t size = in ? static_cast<int64_t>(in.tellg()) : -1;
  if (size > most_bytes)
    return Status::fail(path.string() + " has " + format_bytes(size) + ", more than " +
                        format_bytes(most_bytes));
  if (size >= 0) {
    text.resize(static_cast<size_t>(size));
    in.seekg(0);
    in.read(text.data(), size);
    text.resize(static_cast<size_t>(in.gcount()));
  }
  return size >= 0 && !in.bad() ? Status() : Status::fail("cannot read " + path.string());
}

bool nests_deeper(std::string_view json, int most) {
  int depth = 0;
  bool quoted = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') quoted = !quoted;
    if (quoted) {
      if (c == '\\') ++i;
    } else if (c == '[' || c == '{') {
      if (++depth > most) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace parfocal
