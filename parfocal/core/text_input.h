#pragma once
/// Text that comes from outside: bounded before it is read, and before it is parsed.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "parfocal/core/error.h"

namespace parfocal {

/// Reads a regular file of at most `most_bytes`; a larger one fails and is not read.
Status read_text_file(const std::filesystem::path& path, int64_t most_bytes, std::string& text);

/// Whether more than `most` lists and objects of JSON text lie in each other. Takes no memory and
/// one pass: parsers and what walks their trees call themselves for each level.
bool nests_deeper(std::string_view json, int most);

}  // namespace parfocal
