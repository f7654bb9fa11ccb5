#pragma once
/// Types and keys of a source, step, sink or observer as a description writes them. Internal to
/// graph.

#include <string>
#include <vector>

#include "parfocal/core/parameters.h"
#include "parfocal/graph/vocabulary.h"

namespace parfocal {

/// One of them.
struct Described {
  std::string owner;  ///< "step 'mask'", "source"
  const Location& place;
  const RawValue& params;
};

/// What to write for an unknown `type`, which `key` names; `names`: what there is; `fitting`: those
/// that have every key of its parameters.
Issue unknown_type(const Described& described, const std::string& key, const std::string& type,
                   const std::vector<std::string>& names, const std::vector<std::string>& fitting);

/// Finds `type`; null with an error otherwise.
template <class Info>
const Info* known_type(const Registry<Info>& registry, const std::string& type,
                       const std::string& key, const Described& described,
                       std::vector<Issue>& errors) {
  const Info* info = registry.find(type);
  if (info && (!info->test_only || test_parts_allowed())) return info;
  const auto names = offered_names(registry);
  std::vector<std::string> fitting = names;
  std::erase_if(fitting, [&](const std::string& name) {
    const auto& entries = described.params.entries;
    return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
      return !registry.find(name)->params.find(entry.first);
    });
  });
  errors.push_back(unknown_type(described, key, type, names, fitting));
  return nullptr;
}

/// Tells unknown keys and parameters that cannot be read. `name`: "operators threshold"; `others`:
/// keys that are no parameters, offered in suggestions; `steps`: what its input can name, where it
/// names none.
void check_keys(const std::string& name, const ParamSet& set, const Described& described,
                const std::vector<std::string>& others, const std::vector<std::string>& steps,
                std::vector<Issue>& errors);

}  // namespace parfocal
