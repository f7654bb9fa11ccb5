#include "parfocal/core/rules.h"

#include <algorithm>

namespace parfocal {
namespace {

bool lists(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Where the first of `keys` that is given stands; else where all of them would.
const Location& place_of(const std::vector<std::string>& keys, const RawValue& values) {
  for (const std::string& key : keys)
    if (const RawValue* value = values.find(key)) return value->place;
  return values.place;
}

size_t problems(const ParamSet& fields, const RawValue& values) {
  std::vector<Issue> issues;
  (void)fields.parse(values, "", issues);
  return issues.size();
}

// Whether the field is there as it has to be; inputs are no fields.
bool is_sound(const ParamSet& fields, const std::string& key, const RawValue& values) {
  const ParamInfo* info = fields.find(key);
  const RawValue* value = values.find(key);
  if (!info) return true;
  if (!value) return !info->required;
  RawValue alone = RawValue::map();
  alone.set(key, *value);
  const size_t others = problems(fields, RawValue::map()) - (info->required ? 1 : 0);
  return problems(fields, alone) == others;
}

}  // namespace

bool Connections::has_input(const std::string& name) const { return lists(inputs, name); }
bool Connections::has_output(const std::string& name) const { return lists(outputs, name); }

Registry<RuleSet>& rule_sets() {
  static Registry<RuleSet> registry;
  return registry;
}

std::vector<Issue> broken_rules(const RuleSet& set, const ParamSet& fields, const RawValue& values,
                                const std::any& parsed, const Connections& connections) {
  std::vector<Issue> issues;
  for (const Rule& rule : set.rules) {
    if (!std::all_of(rule.keys.begin(), rule.keys.end(),
                     [&](const std::string& key) { return is_sound(fields, key, values); }))
      continue;
    try {
      rule.require(parsed, connections);
    } catch (const Error& error) {
      for (Issue issue : error.issues()) {
        if (issue.where.empty()) issue.where = place_of(rule.keys, values).str();
        issues.push_back(std::move(issue));
      }
    }
  }
  return issues;
}

}  // namespace parfocal
