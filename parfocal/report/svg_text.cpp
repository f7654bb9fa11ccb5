#include "parfocal/report/svg_text.h"

#include "parfocal/core/utf8.h"

namespace parfocal::report {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

// XML 1.0 has no control characters but tab and line ends, no U+FFFE and no U+FFFF.
bool is_of_xml(uint32_t c) {
  return (c >= 0x20 && c != 0xfffe && c != 0xffff) || c == '\t' || c == '\n' || c == '\r';
}

std::string_view escaped(uint32_t c, std::string_view raw) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return is_of_xml(c) ? raw : kReplacement;
  }
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string result;
  for (size_t at = 0; at < text.size();) {
    const size_t first = at;
    const auto c = next_character(text, at);
    result += c ? escaped(*c, text.substr(first, at - first)) : kReplacement;
  }
  return result;
}

std::string shortened(std::string_view text, size_t most) {
  size_t count = 0, kept = 0;
  for (size_t at = 0; at < text.size(); ++count) {
    if (count + 3 == most) kept = at;
    (void)next_character(text, at);
  }
  return count <= most ? std::string(text) : std::string(text.substr(0, kept)) + "...";
}

}  // namespace parfocal::report
