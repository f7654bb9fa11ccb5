#include "parfocal/formats/tiff/xml_tags.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace parfocal {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string_view local_name(std::string_view name) {
  const size_t colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

void append_utf8(uint32_t c, std::string& to) {
  const auto tail = [&](int shift) { to += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    to += static_cast<char>(c);
  } else if (c < 0x800) {
    to += static_cast<char>(0xc0 | c >> 6), tail(0);
  } else if (c < 0x10000) {
    to += static_cast<char>(0xe0 | c >> 12), tail(6), tail(0);
  } else {
    to += static_cast<char>(0xf0 | c >> 18), tail(12), tail(6), tail(0);
  }
}

// "amp", "#181", "#xB5": appends the character; false if it is none.
bool append_entity(std::string_view name, std::string& to) {
  constexpr std::pair<std::string_view, char> known[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [word, c] : known)
    if (name == word) return to += c, true;
  if (name.size() < 2 || name.size() > 9 || name[0] != '#') return false;
  const bool hex = name[1] == 'x';
  char* end = nullptr;
  const std::string digits(name.substr(hex ? 2 : 1));
  const unsigned long c = std::strtoul(digits.c_str(), &end, hex ? 16 : 10);
  if (digits.empty() || *end != '\0' || c == 0 || c > 0x10ffff) return false;
  return append_utf8(static_cast<uint32_t>(c), to), true;
}

std::string resolved(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    const size_t end = text[i] == '&' ? text.find(';', i) : text.npos;
    if (end != text.npos && append_entity(text.substr(i + 1, end - i - 1), result))
      i = end + 1;
    else
      result += text[i++];
  }
  return result;
}

// Behind a tag whose '<' is at `open`: '>' may stand in quotes.
size_t tag_end(std::string_view text, size_t open) {
  char quote = 0;
  for (size_t i = open + 1; i < text.size(); ++i) {
    if (quote != 0) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '>') {
      return i;
    }
  }
  return text.npos;
}

size_t behind(std::string_view text, size_t from, std::string_view what) {
  const size_t at = text.find(what, from);
  return at == text.npos ? text.size() : at + what.size();
}

}  // namespace

std::optional<std::string> XmlTag::find(std::string_view attribute) const {
  for (size_t i = 0; i < attributes.size();) {
    const size_t first = attributes.find_first_not_of(kSpace, i);
    const size_t equal = attributes.find('=', i);
    if (first == attributes.npos || equal == attributes.npos) break;
    const size_t open = attributes.find_first_of("\"'", equal);
    if (open == attributes.npos) break;
    const size_t close = attributes.find(attributes[open], open + 1);
    if (close == attributes.npos) break;
    std::string_view word = attributes.substr(first, equal - first);
    word = word.substr(0, word.find_last_not_of(kSpace) + 1);
    if (word == attribute) return resolved(attributes.substr(open + 1, close - open - 1));
    i = close + 1;
  }
  return std::nullopt;
}

std::string xml_text(std::string_view text, size_t at) {
  at = std::min(at, text.size());
  return resolved(text.substr(at, std::min(text.find('<', at), text.size()) - at));
}

bool next_xml_tag(std::string_view text, size_t& at, XmlTag& tag) {
  while (at < text.size()) {
    const size_t open = text.find('<', at);
    if (open == text.npos || open + 1 >= text.size()) break;
    const std::string_view rest = text.substr(open);
    if (rest.starts_with("<!--")) {
      at = behind(text, open, "-->");
    } else if (rest.starts_with("<![CDATA[")) {
      at = behind(text, open, "]]>");
    } else {
      const size_t end = tag_end(text, open);
      if (end == text.npos) break;
      at = end + 1;
      if (text[open + 1] == '/' || text[open + 1] == '?' || text[open + 1] == '!') continue;
      const std::string_view inside = text.substr(open + 1, end - open - 1);
      const size_t name_end = std::min(inside.find_first_of(" \t\r\n/"), inside.size());
      tag.name = local_name(inside.substr(0, name_end));
      tag.attributes = inside.substr(name_end);
      return true;
    }
  }
  at = text.size();
  return false;
}

}  // namespace parfocal
