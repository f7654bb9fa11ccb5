#include "parfocal/core/corrections.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "parfocal/core/meant_quantities.h"
#include "parfocal/core/meant_values.h"

namespace parfocal {
namespace {

bool is_scalar(const RawValue& raw) { return raw.kind == RawValue::Kind::scalar; }

// The end of a sentence such as "file below the output folder, e.g. objects.csv".
std::string example_in(const std::string& doc) {
  constexpr std::string_view mark = "e.g. ";
  const size_t at = doc.rfind(mark);
  return at == doc.npos ? "" : doc.substr(at + mark.size());
}

constexpr std::string_view kListOf = "list of ";

// A value that can be pasted, of a kind of which no parameter says more.
std::string example_of_kind(std::string_view type) {
  if (type.starts_with(kListOf)) type.remove_prefix(kListOf.size());
  constexpr std::pair<std::string_view, std::string_view> examples[] = {
      {"boolean", "true"},
      {"length", "1 px"},
      {"time", "1 s"},
      {"dtype", "uint16"},
      {"footprint", "disk(3)"},
      {"gate", "\"area_um >= 20\""},
      {"[begin, end]", "[0, 100]"},
      {"map of axis to [begin, end]", "{z: [0, 4]}"},
      {"map of axis to integer", "{t: 80, y: 512, x: 512}"},
      {"map of axis to quantity", "{y: 0.65 um, x: 0.65 um}"},
      {"description of a source", "{type: generator, size: {t: 9, y: 64, x: 64}}"}};
  for (const auto& [kind, example] : examples)
    if (kind == type) return std::string(example);
  return "";
}

std::string number_in_range(const ParamInfo& info) {
  double value = 1;
  if (info.above && !(value > *info.above)) value = *info.above + 1;
  if (info.at_least) value = std::max(value, *info.at_least);
  if (info.at_most) value = std::min(value, *info.at_most);
  return number_text(value);
}

}  // namespace

std::string example_of(const ParamInfo& info) {
  if (!info.default_text.empty()) return info.default_text;
  if (!info.choices.empty()) return info.choices.front();
  if (const auto example = example_in(info.doc); !example.empty()) return example;
  if (const auto example = example_of_kind(info.type); !example.empty()) return example;
  return info.type.ends_with("text") ? info.name : number_in_range(info);
}

namespace {

// [z, y, x] where zyx is meant; the first of words where one is.
std::string joined_text(const RawValue& raw) {
  std::string letters;
  for (const RawValue& item : raw.items) {
    if (!is_scalar(item)) return "";
    if (item.text.size() != 1) return raw.items[0].text;
    letters += item.text;
  }
  return letters;
}

const std::vector<std::string> kExamples = {"0.65 um", "30 s", "64"};

// The first that can be read; null where none can.
RawValue first_accepted(const std::vector<RawValue>& values, const Accepts& accepts) {
  const auto found = std::find_if(values.begin(), values.end(), accepts);
  return found == values.end() ? RawValue() : *found;
}

// One value, put right; null where that is not to be seen.
RawValue corrected_value(const ParamInfo& info, const RawValue& raw, const Accepts& accepts) {
  if (is_scalar(raw) && accepts(raw)) return raw;
  return first_accepted(meant_values(info, raw), accepts);
}

// The same map with what cannot stand put right, by `examples` where nothing else fits; null where
// that is not to be seen. Axes that take no value at all are left out.
RawValue corrected_map(const ParamInfo& info, const RawValue& raw, const Accepts& accepts,
                       const std::vector<std::string>& examples) {
  RawValue result = RawValue::map();
  for (const auto& [key, value] : raw.entries) {
    const auto fits = [&, name = key](const RawValue& one) {
      RawValue alone = RawValue::map();
      alone.set(name, one);
      return accepts(alone);
    };
    std::vector<RawValue> meant = meant_values(info, value);
    meant.insert(meant.begin(), value);
    for (const std::string& example : examples) meant.push_back(RawValue::scalar(example));
    if (const RawValue found = first_accepted(meant, fits); found.kind != RawValue::Kind::null)
      result.set(key, found);
    else if (examples.empty() &&
             std::any_of(kExamples.begin(), kExamples.end(), [&](const std::string& example) {
               return fits(RawValue::scalar(example));
             }))
      return {};
  }
  return accepts(result) && !result.entries.empty() ? result : RawValue();
}

// The words of a text, or of texts in a list: "area, centroid" and [label area] are two each.
std::vector<std::string> parts_of(const RawValue& raw, const std::string& separators,
                                  bool whole_numbers) {
  std::vector<std::string> parts;
  const std::vector<RawValue> single{raw};
  for (const RawValue& item : raw.kind == RawValue::Kind::list ? raw.items : single) {
    const bool number = !whole_numbers && has_decimal_comma(item.text);
    if (number) parts.push_back(item.text);
    for (size_t at = 0; !number && at < item.text.size();) {
      const size_t begin = item.text.find_first_not_of(separators + " ", at);
      if (begin == item.text.npos) break;
      at = std::min(item.text.find_first_of(separators, begin), item.text.size());
      const size_t end = item.text.find_last_not_of(' ', at - 1);
      parts.push_back(item.text.substr(begin, end - begin + 1));
    }
  }
  return parts;
}

// The same list with every entry put right, or one of the words of a text; null where that is not
// to be seen. Only words that a field knows have no blanks.
RawValue corrected_list(const ParamInfo& info, const RawValue& raw, const Accepts& accepts) {
  if (raw.kind == RawValue::Kind::map || raw.kind == RawValue::Kind::null) return {};
  const bool whole_numbers = info.type.ends_with("integer");  // 3,5 and 3x5 are two
  for (const std::string separators : {whole_numbers          ? ",;x[]"
                                       : info.choices.empty() ? ",;"
                                                              : ",; ",
                                       ",; "}) {
    RawValue result = RawValue::list({});
    for (const std::string& part : parts_of(raw, separators, whole_numbers)) {
      result.items.push_back(corrected_value(info, RawValue::scalar(part), accepts));
      if (!is_scalar(result.items.back())) break;
    }
    if (result.items.size() == 1 && raw.kind != RawValue::Kind::list) result = result.items[0];
    if (accepts(result) && result.str() != "[]") return result;
  }
  return {};
}

RawValue meant_value(const ParamInfo& info, const RawValue& raw, const Accepts& accepts) {
  if (raw.kind == RawValue::Kind::map)
    if (RawValue map = corrected_map(info, raw, accepts, {}); map.kind == RawValue::Kind::map)
      return map;
  if (info.type == ParamTraits<std::string>::type_name() && info.choices.empty())
    if (const auto text = joined_text(raw); !text.empty()) return RawValue::scalar(text);
  const bool list = info.type.starts_with(kListOf);
  if (list && !info.choices.empty()) return corrected_list(info, raw, accepts);
  const RawValue value = corrected_value(info, raw, accepts);
  return list && value.kind == RawValue::Kind::null ? corrected_list(info, raw, accepts) : value;
}

// The nearest number that can be read, with the unit of `raw`: 9 in place of 12.
RawValue nearest_bound(const ParamInfo& info, const RawValue& raw, const Accepts& accepts) {
  const auto quantity = is_scalar(raw) ? parse_quantity(raw.text) : std::nullopt;
  if (!quantity) return {};
  std::optional<double> bound;
  if (info.at_most && quantity->value > *info.at_most) bound = info.at_most;
  if (info.at_least && quantity->value < *info.at_least) bound = info.at_least;
  const std::string unit = quantity->unit.empty() ? "" : " " + quantity->unit;
  return bound ? first_accepted({RawValue::scalar(number_text(*bound) + unit)}, accepts)
               : RawValue();
}

// Whether a number of `meant` has a unit that `raw` did not say: 1 um of "1 px", 5 px of "5 %".
bool has_other_units(const RawValue& raw, const RawValue& meant) {
  const auto pair_of = [&](const RawValue& one) { return has_other_units(one, meant); };
  if (raw.kind == RawValue::Kind::list)
    return raw.items.size() == meant.items.size()
               ? !std::equal(raw.items.begin(), raw.items.end(), meant.items.begin(),
                             std::not_fn(has_other_units))
               : std::any_of(raw.items.begin(), raw.items.end(), pair_of);
  for (const auto& [key, value] : raw.entries)
    if (const RawValue* other = meant.find(key); other && has_other_units(value, *other))
      return true;
  const auto quantity = is_scalar(meant) ? parse_quantity(meant.text) : std::nullopt;
  if (!is_scalar(raw) || !quantity || quantity->unit.empty()) return false;
  std::vector<std::string> said = meant_quantities(raw.text);
  for (const std::string& text : meant_quantities(raw.text.substr(raw.text.find('-') + 1)))
    said.push_back(text);
  return !said.empty() && std::find(said.begin(), said.end(), meant.text) == said.end();
}

}  // namespace

Correction corrected(const ParamInfo& info, const RawValue& raw, const Accepts& accepts) {
  const RawValue meant = meant_value(info, raw, accepts);
  if (meant.kind != RawValue::Kind::null) return {meant.str(), has_other_units(raw, meant)};
  const RawValue near = raw.kind == RawValue::Kind::map
                            ? corrected_map(info, raw, accepts, kExamples)
                            : nearest_bound(info, raw, accepts);
  return {near.kind == RawValue::Kind::null ? example_of(info) : near.str(), true};
}

}  // namespace parfocal
