#pragma once
/// What the front-end, the checks and the JSON form share: words of the file and how to tell a
/// problem. Internal to graph.

#include <algorithm>
#include <string>
#include <vector>

#include "parfocal/core/io.h"
#include "parfocal/core/operator_info.h"
#include "parfocal/graph/pipeline.h"

namespace parfocal {

/// Keys of a step, sink or observer that are not its parameters.
inline const std::vector<std::string> kStepKeys = {"id", "op", "from", "on_error"};
inline const std::vector<std::string> kTopKeys = {
    "parfocal", "memory", "on_error", "source", "steps", "sinks", "observe", "vars", "datasets"};

/// "a, b, c"; long lists end in "..."
std::string joined(const std::vector<std::string>& words);
/// "did you mean 'x'?" or `otherwise`.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known,
                         const std::string& otherwise);

/// Names of policies as in files; "" for automatic.
std::string policy_name(Policy policy);
/// automatic if unknown.
Policy parse_policy(const std::string& name);

/// "cells" or "seg.threshold" -> step and port.
PortRef parse_port_ref(const std::string& text, Location place);
std::string port_ref_text(const PortRef& ref);

/// Whether a description may name what only tests use. The command says no: `add` of the tests
/// wraps around, and whoever writes it means another one. Set before any thread starts.
bool& test_parts_allowed();

/// The names that may be offered to people, sorted: without test-only and recipe-only entries.
template <class Info>
std::vector<std::string> offered_names(const Registry<Info>& registry) {
  std::vector<std::string> names = registry.names();
  std::erase_if(names, [&](const std::string& name) {
    const Info* info = registry.find(name);
    if constexpr (requires { info->recipe_only; })
      if (info->recipe_only) return true;
    return info->test_only;
  });
  return names;
}

}  // namespace parfocal
