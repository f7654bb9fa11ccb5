#pragma once
/// Tells one text from another in a few bytes: not against those who want to deceive.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace parfocal {

/// FNV-1a, 64 bit, the same on every machine. `before`: of what the text stands behind.
uint64_t fingerprint_of(std::string_view text, uint64_t before = 0xcbf29ce484222325u);
/// 16 hexadecimal digits.
std::string fingerprint_text(uint64_t fingerprint);
/// `text`, of more than `most` bytes its beginning, its length and its fingerprint: two that differ
/// anywhere stay different.
std::string shortened(const std::string& text, size_t most);

}  // namespace parfocal
