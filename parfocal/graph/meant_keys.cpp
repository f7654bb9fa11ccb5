#include "parfocal/graph/meant_keys.h"

#include <algorithm>

#include "parfocal/graph/vocabulary.h"

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

// Fields that are not given, nor meant by another key; a required one goes before others.
std::vector<std::string> candidates(const ParamSet& fields, const RawValue& value,
                                    const std::vector<std::string>& taken) {
  std::vector<std::string> found;
  for (const bool required : {true, false}) {
    for (const ParamInfo& info : fields.infos()) {
      const bool words = info.type.starts_with("list of ") && value.kind != RawValue::Kind::list;
      if (info.required == required && !is_in(taken, info.name) && (required || !words) &&
          takes(fields, info, value))
        found.push_back(info.name);
    }
    if (!found.empty()) break;
  }
  return found;
}

MeantKey meant_by_value(const ParamSet& fields, const std::string& key, const RawValue& value,
                        const std::vector<std::string>& taken) {
  constexpr size_t kMostOffered = 2;
  const auto found = candidates(fields, value, taken);
  if (found.empty() || found.size() > kMostOffered) return {"", "remove '" + key + "'"};
  std::string cure = "write ";
  for (const std::string& name : found)
    cure += (name == found[0] ? "" : " or ") + name + ": " + value.str();
  return {found.size() == 1 ? found[0] : "", cure + " in place of " + key + ": " + value.str()};
}

}  // namespace

std::vector<MeantKey> meant_keys(const ParamSet& fields, const RawValue& params,
                                 const std::vector<std::string>& names) {
  std::vector<std::string> taken;
  for (const auto& [key, value] : params.entries) taken.push_back(key);
  std::vector<MeantKey> meant;
  for (const auto& [key, value] : params.entries) {
    if (fields.find(key)) continue;
    const auto near = nearest_names(key, names);
    meant.push_back(near.empty() ? meant_by_value(fields, key, value, taken)
                                 : MeantKey{near[0], "did you mean '" + near[0] + "'?"});
    taken.push_back(meant.back().field);
  }
  return meant;
}

}  // namespace parfocal
