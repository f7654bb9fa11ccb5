#include "parfocal/core/raw_value.h"

#include <algorithm>

namespace parfocal {

RawValue::RawValue() = default;

RawValue RawValue::scalar(std::string text) {
  RawValue value;
  value.kind = Kind::scalar;
  value.text = std::move(text);
  return value;
}
RawValue RawValue::list(std::vector<RawValue> items) {
  RawValue value;
  value.kind = Kind::list;
  value.items = std::move(items);
  return value;
}
RawValue RawValue::map() {
  RawValue value;
  value.kind = Kind::map;
  return value;
}

const RawValue* RawValue::find(const std::string& key) const {
  for (const auto& [name, value] : entries)
    if (name == key) return &value;
  return nullptr;
}

void RawValue::set(const std::string& key, RawValue value) {
  kind = Kind::map;
  for (auto& [name, old] : entries)
    if (name == key) {
      old = std::move(value);
      return;
    }
  entries.emplace_back(key, std::move(value));
  if (!key_places.empty()) key_places.push_back(entries.back().second.place);
}

bool RawValue::erase(const std::string& key) {
  for (size_t i = 0; i < entries.size(); ++i)
    if (entries[i].first == key) {
      entries.erase(entries.begin() + static_cast<ptrdiff_t>(i));
      if (i < key_places.size()) key_places.erase(key_places.begin() + static_cast<ptrdiff_t>(i));
      return true;
    }
  return false;
}

std::string RawValue::str() const {
  std::string s;
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::scalar:
      return text;
    case Kind::list:
      for (const RawValue& item : items) s += (s.empty() ? "" : ", ") + item.str();
      return "[" + s + "]";
    case Kind::map:
      break;
  }
  for (const auto& [key, value] : entries) s += (s.empty() ? "" : ", ") + key + ": " + value.str();
  return "{" + s + "}";
}

}  // namespace parfocal
