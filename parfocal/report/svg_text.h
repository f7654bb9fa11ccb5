#pragma once
/// Text in SVG. Internal to report.

#include <string>
#include <string_view>

namespace parfocal::report {

/// `text` as the content or a quoted attribute of XML 1.0: signs escaped, what XML forbids (control
/// characters, bytes that are no UTF-8) replaced.
std::string xml_text(std::string_view text);
/// At most `most` characters: of a longer one the first, and "...".
std::string shortened(std::string_view text, size_t most);

}  // namespace parfocal::report
