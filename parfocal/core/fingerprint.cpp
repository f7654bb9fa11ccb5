#include "parfocal/core/fingerprint.h"

#include <fmt/format.h>

namespace parfocal {

uint64_t fingerprint_of(std::string_view text, uint64_t before) {
  for (const char c : text) before = (before ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return before;
}

std::string fingerprint_text(uint64_t fingerprint) { return fmt::format("{:016x}", fingerprint); }

std::string shortened(const std::string& text, size_t most) {
  if (text.size() <= most) return text;
  return fmt::format("{}... {} bytes, fingerprint {}", text.substr(0, most), text.size(),
                     fingerprint_text(fingerprint_of(text)));
}

}  // namespace parfocal
