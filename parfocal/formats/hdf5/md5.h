#pragma once
/// MD5 (RFC 1321), because .rtdc files name basins and pipelines by it. Not for security.

#include <string>
#include <string_view>

namespace parfocal {

/// The digest as 32 lower-case hexadecimal digits. Bytes are hashed as they are. Thread-safe.
std::string md5_hex(std::string_view bytes);

}  // namespace parfocal
