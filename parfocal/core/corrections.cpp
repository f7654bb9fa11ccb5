#include "parfocal/core/corrections.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

namespace parfocal {
namespace {

bool is_scalar(const RawValue& raw) { return raw.kind == RawValue::Kind::scalar; }

std::string number_text(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, result.ptr);
}

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

// 0.65 px where um are meant; a number without a unit, or with that of something else.
std::vector<std::string> candidates(const RawValue& raw) {
  const auto quantity = is_scalar(raw) ? parse_quantity(raw.text) : std::nullopt;
  if (!quantity) return {};
  const std::string number = number_text(quantity->value);
  return {number, number + " um", number + " s", number_text(std::floor(quantity->value))};
}

// The same map with what cannot stand put right; null where that is not to be seen. Axes that take
// no value at all are left out.
RawValue corrected_map(const RawValue& raw, const Accepts& accepts) {
  RawValue result = RawValue::map();
  const auto fits = [&](const std::string& key, RawValue value) {
    RawValue alone = RawValue::map();
    alone.set(key, std::move(value));
    return accepts(alone);
  };
  for (const auto& [key, value] : raw.entries) {
    std::vector<std::string> words = candidates(value);
    words.insert(words.end(), {"0.65 um", "30 s", "64"});
    const auto word = std::find_if(words.begin(), words.end(), [&](const std::string& text) {
      return fits(key, RawValue::scalar(text));
    });
    if (fits(key, value))
      result.set(key, value);
    else if (word != words.end())
      result.set(key, RawValue::scalar(*word));
  }
  return accepts(result) && !result.entries.empty() ? result : RawValue();
}

// The nearest word in place of each unknown one; null where there is none.
RawValue corrected_words(const ParamInfo& info, const RawValue& raw) {
  RawValue result = RawValue::list({});
  for (const RawValue& item : raw.items) {
    const auto near = nearest_names(item.text, info.choices);
    const bool known =
        std::find(info.choices.begin(), info.choices.end(), item.text) != info.choices.end();
    if (!known && near.empty()) return {};
    result.items.push_back(known ? item : RawValue::scalar(near[0]));
  }
  return result;
}

}  // namespace

std::string corrected(const ParamInfo& info, const RawValue& raw, const Accepts& accepts) {
  if (raw.kind == RawValue::Kind::map)
    if (const RawValue map = corrected_map(raw, accepts); map.kind == RawValue::Kind::map)
      return map.str();
  if (raw.kind == RawValue::Kind::list && !info.choices.empty() && !raw.items.empty())
    return corrected_words(info, raw).str();
  if (info.type == ParamTraits<std::string>::type_name() && info.choices.empty())
    if (const auto text = joined_text(raw); !text.empty()) return text;
  const auto quantity = is_scalar(raw) ? parse_quantity(raw.text) : std::nullopt;
  const bool plain = info.type == ParamTraits<double>::type_name() ||
                     (info.type == ParamTraits<int64_t>::type_name() && quantity &&
                      quantity->value == std::floor(quantity->value));
  const bool unit = quantity && !quantity->unit.empty() &&
                    accepts(RawValue::scalar(number_text(quantity->value)));
  return plain && unit ? number_text(quantity->value) : example_of(info);
}

}  // namespace parfocal
