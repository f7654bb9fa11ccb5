#pragma once
/// Untyped values as front-ends deliver them (YAML, JSON, --set), each with its place in the file.

#include <string>
#include <utility>
#include <vector>

#include "parfocal/core/error.h"

namespace parfocal {

/// A scalar as text, a list, or a map. Front-ends build it, the planner stores it in the plan, and
/// parameter parsers turn it into structs. Order of map entries is kept.
struct RawValue {
  enum class Kind : uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  std::string text;                                       ///< scalar
  std::vector<RawValue> items;                            ///< list
  std::vector<std::pair<std::string, RawValue>> entries;  ///< map
  std::vector<Location> key_places;                       ///< of the map's keys; may be empty
  Location place;

  RawValue();  ///< null; not inline, because clang 14 cannot nest this type in constant expressions
  static RawValue scalar(std::string text);
  static RawValue list(std::vector<RawValue> items);
  static RawValue map();
  const RawValue* find(const std::string& key) const;  ///< nullptr if absent or not a map
  void set(const std::string& key, RawValue value);    ///< replaces or appends
  bool erase(const std::string& key);
  std::string str() const;  ///< compact, as YAML flow text
};

}  // namespace parfocal
