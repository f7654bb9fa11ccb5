#include "parfocal/graph/meant_keys.h"

#include <algorithm>

#include "parfocal/core/meant_quantities.h"
#include "parfocal/graph/other_names.h"
#include "parfocal/graph/word_lists.h"

namespace parfocal {
namespace {

bool is_in(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

size_t problems(const ParamSet& fields, const RawValue& values) {
  std::vector<Issue> issues;
  (void)fields.parse(values, "", issues);
  return issues.size();
}

bool takes(const ParamSet& fields, const ParamInfo& info, const RawValue& value) {
  RawValue alone = RawValue::map();
  alone.set(info.name, value);
  return problems(fields, alone) ==
         problems(fields, RawValue::map()) - static_cast<size_t>(info.required ? 1 : 0);
}

bool is_number(const RawValue& value) {
  return value.kind == RawValue::Kind::list
             ? std::all_of(value.items.begin(), value.items.end(), is_number)
             : value.kind == RawValue::Kind::scalar && leading_number(value.text).has_value();
}

// A number says little of what it is: it can only be what is required, and no text.
bool may_be(const ParamInfo& info, const RawValue& value) {
  const bool words = info.type.starts_with("list of ") && value.kind != RawValue::Kind::list;
  if (is_number(value)) return info.required && !info.type.ends_with("text");
  return info.required || !words;
}

// Fields that are not given, nor meant by another key; a required one goes before others.
std::vector<std::string> candidates(const ParamSet& fields, const RawValue& value,
                                    const std::vector<std::string>& taken) {
  std::vector<std::string> found;
  for (const bool required : {true, false}) {
    for (const ParamInfo& info : fields.infos())
      if (info.required == required && !is_in(taken, info.name) && may_be(info, value) &&
          takes(fields, info, value))
        found.push_back(info.name);
    if (!found.empty()) break;
  }
  return found;
}

MeantKey meant_by_value(const KnownKeys& known, const std::string& key, const RawValue& value,
                        const std::vector<std::string>& taken) {
  constexpr size_t kMostOffered = 2;
  const auto found = candidates(known.fields, value, taken);
  if (found.empty() || found.size() > kMostOffered)
    return {{},
            known.names.empty() ? "remove '" + key + "'"
                                : "write one of these in its place, or remove '" + key + "'"};
  std::string cure = "write ";
  for (const std::string& name : found)
    cure += (name == found[0] ? "" : " or ") + name + ": " + value.str();
  MeantKey meant{{}, cure + " in place of " + key + ": " + value.str()};
  if (found.size() == 1) meant.fields.emplace_back(found[0], value);
  return meant;
}

// `input: cells`, where from was not written.
bool names_a_step(const KnownKeys& known, const std::string& key, const RawValue& value) {
  return value.kind == RawValue::Kind::scalar && is_in(known.steps, value.text) &&
         is_in({"input", "inputs", "in", "of", "src", "source", "image", "labels", "label_image",
                "mask", "data"},
               key);
}

MeantKey written_as(const OtherKey& other, const std::string& key, const RawValue& value,
                    const RawValue& params) {
  if (other.fields.empty()) return {{}, other.words};
  const auto& [first, written] = other.fields[0];
  const RawValue* given = params.find(first);
  if (given && !other.replaces)
    return {{},
            "remove '" + key + "', or write " + first + ": " + written.str() + " in place of " +
                first + ": " + given->str() + other.words};
  std::string cure = "write ", replaced;
  for (const auto& [field, meant] : other.fields) {
    cure += (field == other.fields[0].first ? "" : ", ") + field + ": " + as_yaml(meant.str());
    if (const RawValue* old = params.find(field)) replaced += field + ": " + old->str() + ", ";
  }
  return {other.fields, cure + " in place of " + replaced + key + ": " + value.str() + other.words};
}

MeantKey meant_key(const KnownKeys& known, const std::string& key, const RawValue& value,
                   const RawValue& params, const std::vector<std::string>& taken) {
  if (const auto other = other_key(known.owner, key, value, params))
    return written_as(*other, key, value, params);
  if (names_a_step(known, key, value))
    return {{}, "write from: " + value.text + " in place of " + key + ": " + value.text};
  const auto near = nearest_names(key, known.names);
  if (near.empty()) return meant_by_value(known, key, value, taken);
  return {{{near[0], value}}, "did you mean '" + near[0] + "'?"};
}

}  // namespace

std::vector<MeantKey> meant_keys(const KnownKeys& known, const RawValue& params) {
  std::vector<std::string> taken;
  for (const auto& [key, value] : params.entries) taken.push_back(key);
  std::vector<MeantKey> meant;
  for (const auto& [key, value] : params.entries) {
    if (known.fields.find(key)) continue;
    meant.push_back(meant_key(known, key, value, params, taken));
    for (const auto& [field, read] : meant.back().fields) taken.push_back(field);
  }
  return meant;
}

}  // namespace parfocal
