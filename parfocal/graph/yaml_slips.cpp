#include "parfocal/graph/yaml_slips.h"

#include <algorithm>

#include "parfocal/core/meant_quantities.h"
#include "parfocal/graph/mend_entries.h"

namespace parfocal {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "-12", "1"
bool is_whole(const RawValue& value) {
  const std::string& text = value.text;
  const size_t begin = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
  return value.kind == RawValue::Kind::scalar && text.size() > begin &&
         std::all_of(text.begin() + static_cast<long>(begin), text.end(), is_digit);
}

// {sigma: 1, 5 px: null} is sigma: 1,5 px.
bool join_number(RawValue& map, size_t k, std::vector<Issue>& issues) {
  const std::string rest = map.entries[k].first;
  if (k == 0 || rest.empty() || !is_digit(rest[0]) || !is_whole(map.entries[k - 1].second))
    return false;
  auto& [key, value] = map.entries[k - 1];
  const std::string given = value.text + "," + rest, whole = without_thousands(given);
  value.text += "." + rest;
  issues.push_back(
      {"'" + key + "' is cut off by a decimal comma", value.place.str(), key + ": " + given,
       "a decimal point: a comma begins the next entry",
       "write " + key + ": " + value.text +
           (whole.empty() ? ""
                          : ", or " + key + ": " + whole + " where the comma parts thousands")});
  remove_entry(map, k);
  return true;
}

// {footprint: rectangle(3, 5): null} is footprint: "rectangle(3, 5)".
bool join_call(RawValue& map, size_t k, std::vector<Issue>& issues) {
  const std::string rest = map.entries[k].first;
  if (k == 0 || !rest.ends_with(')') || rest.find('(') != rest.npos) return false;
  auto& [key, value] = map.entries[k - 1];
  if (value.text.find('(') == value.text.npos || value.text.ends_with(')')) return false;
  value.text += ", " + rest;
  if (value.text.starts_with('(')) {  // a tuple of Python
    issues.push_back({"'" + key + "' is in round brackets", value.place.str(),
                      key + ": " + value.text, "square brackets",
                      "write " + key + ": [" + value.text.substr(1, value.text.size() - 2) + "]"});
    value.text = value.text.substr(1, value.text.size() - 2);
    remove_entry(map, k);
    return true;
  }
  issues.push_back({"'" + key + "' is cut off by a comma", value.place.str(),
                    key + ": " + value.text, "quotes: a comma begins the next entry",
                    "write " + key + ": \"" + value.text + "\""});
  remove_entry(map, k);
  return true;
}

// {op:label: null} is op: label.
void split_key(RawValue& map, size_t k, std::vector<Issue>& issues) {
  auto& [key, value] = map.entries[k];
  const size_t colon = key.find(':');
  if (colon == key.npos || colon == 0 || colon + 1 == key.size() || key[colon + 1] == '/') return;
  const Location place = k < map.key_places.size() ? map.key_places[k] : value.place;
  const std::string given = key, name = key.substr(0, colon), text = key.substr(colon + 1);
  issues.push_back({"a blank is missing behind ':'", place.str(), given, "key: value",
                    "write " + name + ": " + text});
  if (map.find(name)) return;
  key = name;
  value = RawValue::scalar(text);
  value.place = place;
}

}  // namespace

void mend_slips(RawValue& document, std::vector<Issue>& issues) {
  for (RawValue& item : document.items) mend_slips(item, issues);
  for (size_t k = 0; k < document.entries.size(); ++k) {
    RawValue& value = document.entries[k].second;
    if (value.kind != RawValue::Kind::null)
      mend_slips(value, issues);
    else if (join_number(document, k, issues) || join_call(document, k, issues))
      --k;
    else
      split_key(document, k, issues);
  }
}

}  // namespace parfocal
