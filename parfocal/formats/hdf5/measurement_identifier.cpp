#include "parfocal/formats/hdf5/measurement_identifier.h"

#include <fmt/format.h>

#include "parfocal/formats/hdf5/attributes.h"
#include "parfocal/formats/hdf5/md5.h"

namespace parfocal {
namespace {

// Python's repr() of bytes.
std::string bytes_text(const std::string& bytes) {
  const bool single = bytes.find('\'') != std::string::npos, twice = bytes.find('"') != bytes.npos;
  const char quote = single && !twice ? '"' : '\'';
  std::string text = std::string("b") + quote;
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (c == quote || c == '\\')
      (text += '\\') += c;
    else if (c == '\n' || c == '\r' || c == '\t')
      (text += '\\') += c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
    else
      text += code < 0x20 || code >= 0x7f ? fmt::format("\\x{:02x}", code) : std::string(1, c);
  }
  return text + quote;
}

std::optional<std::string> text_attribute(const H5File& file, const char* name) {
  const auto value = read_attribute(file.id(), name);
  if (!value) return std::nullopt;
  std::string text = text_of(*value);
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::string uuid_of(const std::string& text) {
  std::string uuid = md5_hex(text);
  for (const size_t dash : {8, 13, 18, 23}) uuid.insert(dash, "-");
  return uuid;
}

}  // namespace

std::vector<std::string> measurement_identifiers(const H5File& file) {
  if (auto stated = text_attribute(file, "experiment:run identifier")) return {*std::move(stated)};
  std::string printed, plain;
  for (const char* name : {"experiment:time", "experiment:date", "setup:identifier"}) {
    const auto text = text_attribute(file, name);
    if (!text) return {};
    const char* joint = plain.empty() ? "" : "_";
    printed += joint + (is_fixed_text(file.id(), name) ? bytes_text(*text) : *text);
    plain += joint + *text;
  }
  if (printed == plain) return {uuid_of(plain)};
  return {uuid_of(printed), uuid_of(plain)};
}

std::optional<std::string> measurement_identifier(const H5File& file) {
  const auto all = measurement_identifiers(file);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

}  // namespace parfocal
