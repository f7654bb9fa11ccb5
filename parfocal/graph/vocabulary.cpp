#include "parfocal/graph/vocabulary.h"

#include "parfocal/core/listed.h"

namespace parfocal {
namespace {
constexpr const char* kPolicies[] = {"", "block", "gap", "fail", "latest", "drop_oldest"};
}

std::string joined(const std::vector<std::string>& words) {
  constexpr size_t kMost = 60;
  return listed(words, kMost);
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& known,
                         const std::string& otherwise) {
  const auto near = nearest_names(word, known);
  return near.empty() ? otherwise : "did you mean '" + near[0] + "'?";
}

bool& test_parts_allowed() {
  static bool allowed = true;
  return allowed;
}

std::string policy_name(Policy policy) { return kPolicies[static_cast<int>(policy)]; }

Policy parse_policy(const std::string& name) {
  for (int i = 1; i < 6; ++i)
    if (name == kPolicies[i]) return static_cast<Policy>(i);
  return Policy::automatic;
}

PortRef parse_port_ref(const std::string& text, Location place) {
  const size_t dot = text.find('.');
  if (dot == std::string::npos) return {text, "", std::move(place)};
  return {text.substr(0, dot), text.substr(dot + 1), std::move(place)};
}

std::string port_ref_text(const PortRef& ref) {
  return ref.port.empty() ? ref.step : ref.step + "." + ref.port;
}

}  // namespace parfocal
