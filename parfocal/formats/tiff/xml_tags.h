#pragma once
/// The start tags of an XML text in their order: enough to read metadata from files of any origin,
/// damaged and cut ones included, without building a tree.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parfocal {

struct XmlTag {
  std::string_view name;        ///< without a namespace prefix
  std::string_view attributes;  ///< as written
  /// The value with its entities resolved (numbers as UTF-8); nullopt if there is none.
  std::optional<std::string> find(std::string_view attribute) const;
};

/// Reads the tag at or after `at` and moves `at` behind it; false at the end. Comments, processing
/// instructions, CDATA and end tags are passed over.
bool next_xml_tag(std::string_view text, size_t& at, XmlTag& tag);

/// The text from `at`, behind a tag, to the next one, with its entities resolved.
std::string xml_text(std::string_view text, size_t at);

}  // namespace parfocal
