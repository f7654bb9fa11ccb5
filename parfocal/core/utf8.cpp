#include "parfocal/core/utf8.h"

namespace parfocal {

std::optional<uint32_t> next_character(std::string_view text, size_t& at) {
  const auto byte = [&](size_t k) { return static_cast<uint8_t>(text[k]); };
  const uint8_t lead = byte(at++);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xf0 && lead < 0xf5   ? 3
                   : lead >= 0xe0 && lead < 0xf0 ? 2
                   : lead >= 0xc2 && lead < 0xe0 ? 1
                                                 : 0;
  if (more == 0) return std::nullopt;
  uint32_t c = lead & (0x3f >> more);
  size_t next = at;
  for (int k = 0; k < more; ++k, ++next) {
    if (next >= text.size() || (byte(next) & 0xc0) != 0x80) return std::nullopt;
    c = c << 6 | (byte(next) & 0x3f);
  }
  const uint32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
  if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return std::nullopt;
  at = next;
  return c;
}

std::string as_utf8(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t first = at;
    result += next_character(text, at) ? text.substr(first, at - first) : "\xef\xbf\xbd";
  }
  return result;
}

}  // namespace parfocal
