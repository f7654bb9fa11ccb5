#pragma once
/// Text of others, such as the names of files, that may be no UTF-8.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parfocal {

/// The character that begins at `at`, which moves behind it; nullopt for a byte that begins none,
/// which is passed over alone.
std::optional<uint32_t> next_character(std::string_view text, size_t& at);

/// `text` with U+FFFD in place of each byte that is no UTF-8.
std::string as_utf8(std::string_view text);

}  // namespace parfocal
