#include "parfocal/core/parameters.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "parfocal/core/corrections.h"
#include "parfocal/core/listed.h"
#include "parfocal/core/meant_quantities.h"

namespace parfocal {
namespace {

bool is_scalar(const RawValue& raw) { return raw.kind == RawValue::Kind::scalar; }

// The number to check against a range: of a number or the value of a length.
std::optional<double> number_of(const RawValue& raw) {
  if (!is_scalar(raw)) return std::nullopt;
  const auto quantity = parse_quantity(raw.text);
  return quantity ? std::optional(quantity->value) : std::nullopt;
}

bool out_of_range(const ParamInfo& info, const RawValue& raw) {
  if (raw.kind == RawValue::Kind::list)
    return std::any_of(raw.items.begin(), raw.items.end(),
                       [&](const RawValue& item) { return out_of_range(info, item); });
  const auto value = number_of(raw);
  return value && ((info.above && !(*value > *info.above)) ||
                   (info.at_least && !(*value >= *info.at_least)) ||
                   (info.at_most && !(*value <= *info.at_most)));
}

bool is_unknown_word(const ParamInfo& info, const RawValue& raw) {
  if (info.choices.empty()) return false;
  if (raw.kind == RawValue::Kind::list)
    return std::any_of(raw.items.begin(), raw.items.end(),
                       [&](const RawValue& item) { return is_unknown_word(info, item); });
  return std::find(info.choices.begin(), info.choices.end(), raw.text) == info.choices.end();
}

std::optional<std::string> range_problem(const ParamInfo& info, const RawValue& raw) {
  if (out_of_range(info, raw)) return "needs " + info.range_text();
  if (is_unknown_word(info, raw)) return "needs one of " + listed(info.choices);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> ParamTraits<double>::parse(const RawValue& raw, double& out) {
  const auto quantity = is_scalar(raw) ? parse_quantity(raw.text) : std::nullopt;
  if (!quantity || !quantity->unit.empty()) return "needs a number without a unit";
  out = quantity->value;
  return std::nullopt;
}

std::optional<std::string> ParamTraits<int64_t>::parse(const RawValue& raw, int64_t& out) {
  if (is_scalar(raw)) {
    const char *begin = raw.text.data(), *end = begin + raw.text.size();
    const auto result = std::from_chars(begin, end, out);
    if (result.ec == std::errc{} && result.ptr == end) return std::nullopt;
  }
  return "needs a whole number";
}

std::optional<std::string> ParamTraits<bool>::parse(const RawValue& raw, bool& out) {
  if (is_scalar(raw) && (raw.text == "true" || raw.text == "false")) {
    out = raw.text == "true";
    return std::nullopt;
  }
  return "needs true or false";
}

std::optional<std::string> ParamTraits<std::string>::parse(const RawValue& raw, std::string& out) {
  if (!is_scalar(raw)) return "needs a text";
  out = raw.text;
  return std::nullopt;
}

std::optional<std::string> ParamTraits<Length>::parse(const RawValue& raw, Length& out) {
  const auto quantity = is_scalar(raw) ? parse_quantity(raw.text) : std::nullopt;
  if (!quantity) return "needs a length such as 2 px or 1.5 um";
  out = {quantity->value, quantity->unit.empty() ? "px" : quantity->unit};
  if (out.unit != "px" && !unit_factor(out.unit, "um"))
    return "needs a length in px, nm, um, mm or m";
  return std::nullopt;
}

std::optional<std::string> ParamTraits<DType>::parse(const RawValue& raw, DType& out) {
  if (const auto dtype = is_scalar(raw) ? parse_dtype(raw.text) : std::nullopt) {
    out = *dtype;
    return std::nullopt;
  }
  return "needs a dtype: bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64, float32, "
         "float64";
}

std::string ParamInfo::range_text() const {
  if (above)
    return "> " + number_text(*above) + (at_most ? " and <= " + number_text(*at_most) : "");
  if (at_least && at_most) return number_text(*at_least) + ".." + number_text(*at_most);
  if (at_least) return ">= " + number_text(*at_least);
  if (at_most) return "<= " + number_text(*at_most);
  return "";
}

namespace {

// Which of several entries cannot be read: ", in place of 2"; "" where that is not to be told.
std::string wrong_entries(const ParamInfo& info, const ParamSet::Setter& setter,
                          const RawValue& raw, std::any target) {
  if (raw.kind != RawValue::Kind::list || raw.items.size() < 2) return "";
  std::string wrong;
  for (const RawValue& item : raw.items)
    if (is_scalar(item) && (setter(item, target) || range_problem(info, item)))
      wrong += (wrong.empty() ? ", in place of " : ", ") + item.str();
  return wrong;
}

bool has_comma(const RawValue& raw) {
  return (is_scalar(raw) && has_decimal_comma(raw.text)) ||
         std::any_of(raw.items.begin(), raw.items.end(), has_comma) ||
         std::any_of(raw.entries.begin(), raw.entries.end(),
                     [](const auto& entry) { return has_comma(entry.second); });
}

// A word in place of a number: another field takes it, which says "instead of <this one>".
const ParamInfo* alternative(const std::vector<ParamInfo>& infos, const ParamInfo& info,
                             const RawValue& raw) {
  if (!is_scalar(raw) || raw.text.empty() || leading_number(raw.text)) return nullptr;
  const auto it = std::find_if(infos.begin(), infos.end(), [&](const ParamInfo& other) {
    return other.type == ParamTraits<std::string>::type_name() &&
           other.doc.ends_with("instead of " + info.name);
  });
  return it == infos.end() ? nullptr : &*it;
}

// What to write for each of several words that is none of the field's; "" where that can be written
// as a whole.
std::string cure_by_words(const ParamInfo& info, const RawValue& raw) {
  std::string known, unknown;
  for (const RawValue& item : raw.items) {
    if (info.choices.empty() || !is_unknown_word(info, item)) continue;
    const auto near = nearest_names(item.text, info.choices);
    if (near.empty()) unknown += (unknown.empty() ? "" : ", ") + item.str();
    if (!near.empty()) known += "write " + near[0] + " in place of " + item.str() + "; ";
  }
  if (unknown.empty()) return "";
  return known + "write one of these in place of " + unknown + ", or leave out " + unknown;
}

std::string cure_by_value(const ParamInfo& info, const RawValue& raw, const Accepts& accepts) {
  if (const std::string cure = cure_by_words(info, raw); !cure.empty()) return cure;
  const Correction value = corrected(info, raw, accepts);
  const std::string cure =
      (value.is_example ? "write e.g. " : "write ") + info.name + ": " + value.text;
  const std::string whole = is_scalar(raw) ? without_thousands(raw.text) : "";
  if (whole.empty() || !accepts(RawValue::scalar(whole))) return cure;
  return cure + ", or " + info.name + ": " + whole + " where the comma parts thousands";
}

// The word that a text is nearest to; of a list, all of it is put right instead.
std::vector<std::string> near_words(const ParamInfo& info, const RawValue& raw) {
  const bool one = is_scalar(raw) && !info.choices.empty() && !info.type.starts_with("list of ");
  return one ? nearest_names(raw.text, info.choices) : std::vector<std::string>();
}

}  // namespace

void ParamSet::add_keys_of(const ParamSet& other) {
  for (size_t i = 0; i < other.infos_.size(); ++i) {
    infos_.push_back(other.infos_[i]);
    setters_.push_back(
        [set = other.setters_[i], fresh = other.prototype_](const RawValue& raw, std::any&) {
          std::any checked = fresh;
          return set(raw, checked);
        });
  }
}

const ParamInfo* ParamSet::find(const std::string& name) const {
  for (const ParamInfo& info : infos_)
    if (info.name == name) return &info;
  return nullptr;
}

std::any ParamSet::parse(const RawValue& values, const std::string& owner,
                         std::vector<Issue>& issues) const {
  std::any target = prototype_;
  std::vector<std::string> names;
  for (const ParamInfo& info : infos_) names.push_back(info.name);
  for (size_t k = 0; k < values.entries.size(); ++k) {
    const auto& [key, raw] = values.entries[k];
    const ParamInfo* info = find(key);
    if (!info) {
      const Location place = k < values.key_places.size() ? values.key_places[k] : raw.place;
      const auto near = nearest_names(key, names);
      issues.push_back({"unknown key '" + key + "' in " + owner, place.str(), "",
                        names.empty() ? "no parameters" : "one of " + listed(names),
                        near.empty() ? "remove it" : "did you mean '" + near[0] + "'?"});
      continue;
    }
    const Setter& setter = setters_[static_cast<size_t>(info - infos_.data())];
    auto problem = setter(raw, target);
    if (!problem) problem = range_problem(*info, raw);
    if (!problem) continue;
    *problem += wrong_entries(*info, setter, raw, target) +
                (has_comma(raw) ? ", with a decimal point, not a comma" : "");
    const auto near = near_words(*info, raw);
    const Accepts accepts = [&](const RawValue& value) {
      std::any other = prototype_;
      return !setter(value, other) && !range_problem(*info, value);
    };
    const ParamInfo* instead = near.empty() ? alternative(infos_, *info, raw) : nullptr;
    const std::string cure =
        !near.empty() ? "did you mean '" + near[0] + "'?"
        : instead     ? "write " + instead->name + ": " + raw.str() + " in place of " + key
                      : cure_by_value(*info, raw, accepts);
    issues.push_back({"'" + key + "' of " + owner + " cannot be " + raw.str(), raw.place.str(),
                      raw.str(), problem->substr(6), cure});
  }
  for (const ParamInfo& info : infos_)
    if (info.required && !values.find(info.name))
      issues.push_back({owner + " needs '" + info.name + "'", values.place.str(), "nothing",
                        info.doc, "add " + info.name + ": " + example_of(info)});
  return target;
}

}  // namespace parfocal
