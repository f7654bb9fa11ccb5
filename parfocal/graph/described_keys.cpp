#include "parfocal/graph/described_keys.h"

#include <algorithm>

#include "parfocal/core/lowercase.h"
#include "parfocal/graph/issue_places.h"
#include "parfocal/graph/meant_keys.h"
#include "parfocal/graph/other_names.h"

namespace parfocal {
namespace {

// What to write for an unknown name of a "source", "sink" or "op".
std::string name_cure(const std::string& kind, const std::string& name,
                      const std::vector<std::string>& names) {
  const std::string cure = other_name(kind, name);
  return cure.empty() ? did_you_mean(name, names, "`parfocal ops` lists what there is") : cure;
}

// What a key was meant to be is checked in its place, unless the field does not need it and
// cannot take it either: shards: [64, 512] is no shard.
bool is_meant(const ParamSet& set, const std::string& field, const RawValue& value) {
  RawValue alone = RawValue::map();
  alone.set(field, value);
  std::vector<Issue> issues;
  (void)set.parse(alone, "", issues);
  return set.find(field)->required || std::none_of(issues.begin(), issues.end(), [&](auto& issue) {
           return issue.what.starts_with("'" + field + "' of ");
         });
}

// The parameters that are known, with those that unknown keys were meant to be: what these lack or
// have wrong is told once.
RawValue known_params(const KnownKeys& known, const Described& described,
                      std::vector<Issue>& errors) {
  const RawValue& params = described.params;
  RawValue accepted = RawValue::map();
  accepted.place = described.place;
  std::vector<std::pair<std::string, RawValue>> meant_fields;
  const std::vector<MeantKey> meant = meant_keys(known, params);
  auto next = meant.begin();
  for (size_t k = 0; k < params.entries.size(); ++k) {
    const auto& [key, value] = params.entries[k];
    if (known.fields.find(key)) {
      accepted.entries.push_back(params.entries[k]);
      continue;
    }
    const Location& place = k < params.key_places.size() ? params.key_places[k] : value.place;
    errors.push_back({"unknown key '" + key + "' in " + described.owner,
                      where_of(place, described.owner), key, "one of " + joined(known.names),
                      next->cure});
    meant_fields.insert(meant_fields.end(), next->fields.begin(), next->fields.end());
    ++next;
  }
  for (const auto& [field, read] : meant_fields)
    if (known.fields.find(field) && is_meant(known.fields, field, read)) accepted.set(field, read);
  return accepted;
}

}  // namespace

Issue unknown_type(const Described& described, const std::string& key, const std::string& type,
                   const std::vector<std::string>& names, const std::vector<std::string>& fitting) {
  const std::string& owner = described.owner;
  const std::string where = where_of(described.place, owner), needed = "one of " + joined(names);
  if (!type.empty())
    return {"unknown " + key + " '" + type + "' of " + owner, where, type, needed,
            name_cure(owner.starts_with("step") ? "op" : owner, type, names)};
  for (const auto& [other, value] : described.params.entries)
    if (lowercase(other) == key && value.kind == RawValue::Kind::scalar)
      return {owner + " has no '" + key + "'", where, other + ": " + value.text, needed,
              "write " + key + ": " + value.text + " in place of " + other};
  const std::string example = names.empty() ? "one" : "one of these, e.g. " + names[0];
  return {owner + " has no '" + key + "'", where, "nothing", needed,
          "add " + key + ": " + (fitting.size() == 1 ? fitting[0] : example)};
}

void check_keys(const std::string& name, const ParamSet& set, const Described& described,
                const std::vector<std::string>& others, const std::vector<std::string>& steps,
                std::vector<Issue>& errors) {
  KnownKeys known{name, set, {}, steps};
  for (const ParamInfo& info : set.infos()) known.names.push_back(info.name);
  known.names.insert(known.names.end(), others.begin(), others.end());
  std::vector<Issue> issues;
  set.parse(known_params(known, described, errors), described.owner, issues);
  for (Issue& issue : issues) {
    if (issue.where.empty()) issue.where = described.owner;
    for (const auto& [key, value] : described.params.entries)
      if (issue.what.starts_with("'" + key + "' of "))
        if (auto cure = other_value(name, key, value.text); !cure.empty())
          issue.cure = std::move(cure);
    errors.push_back(std::move(issue));
  }
}

}  // namespace parfocal
